"""Types that several threads decode into for the first time at once."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import agent

ROOT = Path(agent.__file__).parents[1]
ONE_THREAD = (
    "agent/desktop/notify.py", "agent/desktop/toast.py", "agent/renewals/scans/worker",
    "agent/signing/pdf/worker", "agent/tokens/worker/",
)  # fmt: skip
"""Processes of one thread."""
TRIAL = """
import sys, threading
import msgspec
from agent.ground.decoding import converted, from_json

sys.setswitchinterval(1e-6)
A, B = '''
class {0}(msgspec.Struct, frozen=True):
    number: int = 0
    many: "dict[str, {1}]" = {{}}
    text: "str | None" = None
''', b'{"number": 3, "many": {"one": {"number": 2}}, "text": "z"}'
for n in range(400):
    names = [f"{way}{n}" for way in ("Whole", "Part")]
    exec(A.format(*names) + A.format(*reversed(names)))
    go = threading.Barrier(4)

    def work():
        go.wait()
        DECODE

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
print("whole")
"""
OURS = (
    "from_json(B, globals()[names[0]])",
    "converted(msgspec.json.decode(B), globals()[names[0]])",
)


@pytest.mark.parametrize("way", OURS)
def test_a_type_is_learnt_whichever_threads_use_it_first(way):
    done = subprocess.run(
        [sys.executable, "-c", TRIAL.replace("DECODE", way)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("whole\n", "", 0)


def test_nobody_else_decodes_into_types_where_there_are_threads():
    others = []
    for top in ("agent", "native_host"):
        for file in (ROOT / top).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if name.startswith((*ONE_THREAD, "agent/ground/decoding.py")):
                continue
            others += [
                f"{name}:{node.lineno}"
                for node in ast.walk(ast.parse(file.read_text("utf-8")))
                if isinstance(node, ast.Call) and _learns(node)
            ]
    assert others == []


def _learns(call: ast.Call) -> bool:
    """Return whether msgspec is called with a type."""
    said = ast.unparse(call.func)
    if said in {"msgspec.convert", "msgspec.json.Decoder"}:
        return True
    return said.startswith("msgspec.") and any(each.arg == "type" for each in call.keywords)
