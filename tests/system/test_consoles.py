"""No process of ours in the background brings a console with it, which would be a window on Windows."""

from __future__ import annotations

import ast
from pathlib import Path

import agent

STARTING = {"Popen", "create_subprocess_exec"}
SIGNS = ("module_command(", "self.command(", "launcher_path(")
ON_PURPOSE = {
    "agent/desktop/terminals.py": "opens a terminal",
    "agent/system/starting.py": "detaches the agent, which is more",
}
ROOT = Path(agent.__file__).parents[1]


def starts(file):
    """Yield the calls that start a process in a file that starts modules of ours."""
    text = file.read_text("utf-8")
    if not any(sign in text for sign in SIGNS):
        return
    for node in ast.walk(ast.parse(text)):
        called = getattr(node, "func", None)
        if getattr(called, "attr", getattr(called, "id", "")) in STARTING:
            yield node


def test_whatever_starts_our_programs_says_whether_they_have_a_console():
    silent = []
    for file in [*ROOT.glob("agent/**/*.py"), *ROOT.glob("native_host/**/*.py")]:
        place = file.relative_to(ROOT).as_posix()
        given = [{keyword.arg for keyword in call.keywords} for call in starts(file)]
        assert given or place not in ON_PURPOSE, f"{place} starts nothing any more"
        if place not in ON_PURPOSE:
            silent += [place for names in given if "creationflags" not in names]
    assert silent == []


def test_the_search_finds_what_it_is_for():
    found = [f for f in (ROOT / "agent").rglob("*.py") if list(starts(f))]
    assert {"children.py", "worker_process.py", "by_process.py"} <= {f.name for f in found}
