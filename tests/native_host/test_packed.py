"""The host's modules as one file, which Windows' program reads in place of theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "installer" / "windows"))

from pack import MODULES, packed  # noqa: E402 - lies where it is used

STARTED = """
import io, json, marshal, sys
loader, codes = marshal.loads(io.open(sys.argv[1], "rb").read())
exec(loader)
take_in(codes)
import native_host.cli, native_host.relay
ours = {n: m.__file__ for n, m in sys.modules.items() if n.startswith(("agent", "native_host"))}
print(json.dumps([ours, native_host.__path__, "__future__" in sys.modules, "struct" in sys.modules]))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("packed") / "host.pack"
    made.write_bytes(packed(ROOT))
    return made


def test_a_relay_needs_nothing_else_and_each_module_says_where_it_lies(file, tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", STARTED, file],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    ours, path, *others = json.loads(done.stdout)
    of_windows = {"agent.system.pipes", "agent.system.pipes.stream", "agent.system.pipes.windows"}
    assert ours.keys() | of_windows == set(MODULES)
    assert ours["native_host"].endswith(r"\lib\native_host\__init__.pyc")
    assert ours["agent.ground.framing"].endswith(r"\lib\agent\ground\framing.pyc")
    assert path == [ours["native_host"].removesuffix(r"\__init__.pyc")], (
        "others are found beside it"
    )
    assert others == [False, False], "which would be two more files"


def test_the_same_sources_make_the_same_file(file):
    command = [sys.executable, "-S", ROOT / "installer" / "windows" / "pack.py", ROOT]
    made = [
        subprocess.run(command, capture_output=True, env={"PYTHONHASHSEED": "0"}, check=True).stdout
        for _ in range(2)
    ]
    assert made[0] == made[1]
