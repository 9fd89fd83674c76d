"""A vendor's library of 32 bits, as most are, under the agent's driver of 64, in one Windows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import bits32
import pytest
from bits32 import LIMIT
from parts import ROOT, interpreter, interpreter_of_32_bits
from test_skf_driver_there import PROGRAM

sys.path.append(str(ROOT / "tests" / "certificates"))
sys.path.append(str(ROOT / "tests" / "keys"))
sys.path.append(str(ROOT / "tests" / "sandbox" / "skf_token"))

from skf_bench import PIN, SkfBench, application, sm2_container

from sandbox.skf_token.building import WINDOWS_32, Shape

pytestmark = [pytest.mark.wine32, pytest.mark.timeout(7200), pytest.mark.xdist_group("32")]

LISTING = """
import json, sys
from agent.tokens.discovery.libraries import why_not_loadable
from agent.tokens.model import Quirks
from agent.tokens.widths import OWN_BITS, bits_of
from agent.tokens.worker.skf.module import SkfModule
module = SkfModule(sys.argv[1], Quirks())
print(json.dumps({
    "own": OWN_BITS, "bits": bits_of(sys.argv[1]), "why not": why_not_loadable(sys.argv[1]),
    "interpreter": module.interpreter.rpartition(chr(92))[0].rpartition(chr(92))[2],
    "labels": [token.facts.label for token in module.content().tokens],
}))
"""

WATCHING = """
import asyncio, json, sys
from agent.tokens.events.skf import SkfEvents
from agent.tokens.model import ModuleSettings

async def main():
    events, told = SkfEvents(ModuleSettings(path=sys.argv[1])), asyncio.Queue()
    task = asyncio.create_task(events.run(lambda: told.put_nowait(events.is_live)))
    print(json.dumps([await told.get() for _ in range(3)]), flush=True)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

asyncio.run(main())
"""
LISTED = {"own": 64, "bits": 32, "why not": None, "interpreter": "x86", "labels": ["样例"]}


@pytest.fixture(scope="module")
def windows():
    reason = bits32.why_not_here()
    assert reason is None, f"No Windows of both widths here: {reason}."
    with (
        tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name,
        bits32.running(Path(name)) as found,
    ):
        yield found


@pytest.fixture
def bench():
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        bench = SkfBench(Path(name), is_on_port=True)
        bench.make("key", application(sm2_container("容器")), label="样例")
        bench.plug()
        yield bench
        bench.close()


def library(windows, bench, **shape) -> str:
    """Have the library where that Windows sees it."""
    built = bench.library(Shape(**shape), WINDOWS_32)
    copy = windows.python.parent / built.name
    if not copy.exists():
        copy.write_bytes(built.read_bytes())
    return windows.path(copy)


def test_it_is_known_by_its_width_and_lists_the_token(windows, bench):
    assert listed(windows, windows.python, bench) == LISTED


def listed(windows, program: Path, bench) -> dict[str, object]:
    """What a Python finds of the library and of its tokens."""
    path = library(windows, bench)
    done = windows.run(program, "-I", "-c", LISTING, path, env=bench.environment)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def programs(windows) -> Path:
    """The folder that people get, as ``make windows`` makes it: compiled files, and the part beside them."""
    folder = windows.python.parents[1] / "programs"
    command = [
        sys.executable,
        ROOT / "installer/windows/assemble.py",
        "--x86",
        interpreter_of_32_bits(),
    ]
    subprocess.run([*command, interpreter(), folder], check=True, capture_output=True)
    return folder


def test_the_folder_of_programs_that_people_get_has_the_part_and_finds_it(windows, programs, bench):
    assert listed(windows, programs / "odc-agent.exe", bench) == LISTED


def test_a_package_has_the_part_which_is_found_where_it_was_installed(windows, programs, bench):
    made = subprocess.run(
        [sys.executable, ROOT / "installer/windows/msi.py", "--for-tests", "--only", "machine-zh",
         programs, windows.python.parents[1] / "packages"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    package = windows.path(Path(made.stdout.strip()))
    done = windows.run("msiexec", "/i", package, "NOAUTOSTART=1", "/qn")
    assert done.returncode == 0, done.stderr.decode()
    installed = windows.drive / "Program Files" / "odc-agent"
    assert listed(windows, installed / "odc-agent.exe", bench) == LISTED
    assert windows.run("msiexec", "/x", package, "/qn").returncode == 0
    assert not installed.exists()


def test_devices_that_come_and_go_are_told_of_by_the_part(windows, bench):
    path = library(windows, bench)

    def come_and_go() -> None:
        for number, act in enumerate((bench.pull, bench.plug), 1):
            bench.wait_until(
                lambda report, n=number: report.calls.get("SKF_WaitForDevEvent", 0) >= n, LIMIT
            )
            act()

    acts = threading.Thread(target=come_and_go)
    acts.start()
    done = windows.run(windows.python, "-c", WATCHING, path, env=bench.environment)
    acts.join()
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [True, True, True]
    bench.pull()  # who waits still, and nobody does, would wait once more
    bench.wait_until(lambda report: not report.clients, LIMIT)


@pytest.mark.parametrize(("ending", "is_packed"), [("well", True), ("at once", False)])
def test_the_driver_logs_in_signs_and_leaves_nothing_open(windows, bench, ending, is_packed):
    path = library(windows, bench, is_packed=is_packed)
    done = windows.run(
        windows.python, "-c", PROGRAM, path, ending, stdin=PIN.encode(), env=bench.environment
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "label": "样例",
        "tries": 10,
        "containers": 2,
        "width": 4,
        "wrong": "密码错误。 剩余密码重试次数: 9",
        "signed": True,
    }
    deadline = time.monotonic() + 60
    while bench.report().open_logins and time.monotonic() < deadline:
        time.sleep(0.05)
    assert bench.report().open_logins == 0
