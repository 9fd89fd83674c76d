"""An import at which the interpreter stumbles, as Python 3.11.2 does where two threads make syntax trees."""

from __future__ import annotations

import subprocess
import sys

import pytest

STUMBLING = """
import builtins
builtins.loaded = getattr(builtins, "loaded", 0) + 1
assert "left_over" not in globals()
left_over = True
if builtins.loaded <= {times}:
    raise SystemError("AST constructor recursion depth mismatch (before=15, after=10)")
"""
START = """
import sys
sys.path.insert(0, sys.argv[1])
from agent.system import late_imports
late_imports.PAUSE_SECONDS = 0
late_imports.try_imports_again()
"""


def run(code, folder):
    command = [sys.executable, "-c", START + code, folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("times", "succeeds"), [(0, True), (1, True), (9, True), (10, False)])
def test_a_module_that_stumbles_is_loaded_anew(tmp_path, times, succeeds):
    (tmp_path / "outer.py").write_text("from inner import left_over")
    (tmp_path / "inner.py").write_text(STUMBLING.format(times=times))
    done = run("import outer; print(outer.left_over, loaded)", tmp_path)
    assert done.stdout == (f"True {times + 1}\n" if succeeds else "")
    assert ("inner cannot be loaded" in done.stderr) is not succeeds


def test_what_is_wrong_with_a_module_itself_is_told_at_once(tmp_path):
    (tmp_path / "wrong.py").write_text("print('loaded'); raise ImportError('no')")
    done = run("import wrong", tmp_path)
    assert done.stdout == "loaded\n"
    assert "ImportError: no" in done.stderr


HTTPX = """
import builtins
import httpx
made, stumbles = builtins.compile, iter(range(3))
def compile(source, name, *arguments, **named):
    if "anyio" in str(name) and next(stumbles, None) is not None:
        raise SystemError("AST constructor recursion depth mismatch (before=15, after=10)")
    return made(source, name, *arguments, **named)
builtins.compile = compile
httpx.AsyncClient(trust_env=False)
import anyio
print(next(stumbles, "stumbled"), anyio.Path.__name__)
"""


def test_the_client_of_an_authority_is_loaded_though_its_library_stumbles(tmp_path):
    done = run(HTTPX, tmp_path)
    assert (done.stdout, done.returncode) == ("stumbled Path\n", 0), done.stderr


def test_nothing_of_it_is_seen_afterwards(tmp_path):
    """Resources, source and repr are those of a module that was loaded in the ordinary way."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "text").write_text("resource")
    code = (
        "import package; from importlib.resources import files; print(package.__loader__.__class__);"
        "print(package.__spec__.loader is package.__loader__, files(package).joinpath('text').read_text())"
    )
    done = run(code, tmp_path)
    assert done.stdout == "<class '_frozen_importlib_external.SourceFileLoader'>\nTrue resource\n"
