"""What lies in a user's PYTHONPATH, own packages or working folder runs in no process the agent starts."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import agent
from agent.certificates.days import CertificateStatus
from agent.checks.probes.desktop import _has_x11_tray
from agent.desktop.children import child
from agent.desktop.notices.icon_file import ensure_icon
from agent.desktop.notices.plyer import _deliver
from agent.network.pac.evaluating import evaluate
from agent.renewals.scans.model import Inspect, Inspected
from agent.renewals.scans.process import ask_worker
from agent.system.autostart import agent_command
from agent.tokens.model import ModuleSettings
from agent.tokens.worker_process import WorkerProcess

PACKAGES = Path(agent.__file__).parent
SHADOWED = (
    "sitecustomize",
    "usercustomize",
    "msgspec",
    "PIL",
    "PySide6",
    "plyer",
    "Xlib",
    "logging",
)


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """The file that is written where anything of a stranger's is imported."""
    told, folder = tmp_path / "told", tmp_path / "hostile"
    folder.mkdir()
    for name in SHADOWED:
        tells = f"open({str(told)!r}, 'a').write({name!r} + repr(sys.orig_argv))"
        code = f"import sys; {tells}; import no_such_module"
        (folder / f"{name}.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.chdir(folder)
    return told


def run_scan_worker():
    content = io.BytesIO()
    Image.new("RGB", (60, 40)).save(content, "PNG")
    assert isinstance(ask_worker(Inspect(), content.getvalue())[0], Inspected)


def run_pac_worker():
    program = "function FindProxyForURL() { return 'PROXY own:1' }"
    assert evaluate(program, "https://a/", "a", lambda _host: "") == "PROXY own:1"


async def run_token_worker():
    worker = await WorkerProcess.start(ModuleSettings(path="/no/module"))
    worker._process.stdin.close()
    assert await worker._process.wait() == 0


async def run_window():
    """One that waits for its order, and ends when there is none."""
    ours, theirs = socket.socketpair()
    async with child("window", theirs, "agent.windows", "FD", environment=os.environ) as process:
        ours.close()
        assert await process.wait() == 0


async def run_icon():
    assert (await ensure_icon(CertificateStatus.VALID)).is_file()


async def run_notice():
    code, complaint = await _deliver(b"no notice")
    assert code == 1
    assert "agent/desktop/notify.py" in complaint


async def look_for_tray(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":no")
    assert not await _has_x11_tray()


def run_agent_at_login():
    done = subprocess.run(
        [*agent_command()[:-2], "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"odc-agent {agent.__version__}\n"


STARTS = {
    "scan worker": run_scan_worker,
    "PAC worker": run_pac_worker,
    "token worker": run_token_worker,
    "window": run_window,
    "icon": run_icon,
    "notice": run_notice,
    "look for a tray": look_for_tray,
    "agent": run_agent_at_login,
}


@pytest.mark.parametrize("name", sorted(STARTS))
def test_nothing_of_the_users_python_is_loaded(name, hostile, runtime, monkeypatch):
    start = STARTS[name]
    started = start(monkeypatch) if start is look_for_tray else start()
    if started is not None:
        asyncio.run(started)
    assert not hostile.exists(), hostile.read_text()


def test_the_same_would_run_in_a_process_that_is_not_isolated(hostile):
    subprocess.run([sys.executable, "-P", "-c", "pass"], stderr=subprocess.DEVNULL, check=False)
    assert "sitecustomize" in hostile.read_text()


def test_every_process_is_started_in_this_way():
    """Whatever else names the interpreter: the module that starts modules, and the agent's start anew."""
    code = {p.relative_to(PACKAGES).as_posix(): p.read_text() for p in PACKAGES.rglob("*.py")}
    starting = {
        name for name, text in code.items() if re.search(r"sys\.executable,|\"-[PIm]\"", text)
    }
    assert starting == {"system/runtime.py", "cli/running/run.py"}


def test_a_checkout_that_is_not_installed_finds_itself(tmp_path):
    """The interpreter's own packages have nothing of ours: the command says where we are."""
    shutil.copytree(PACKAGES / "system", tmp_path / "agent" / "system")
    shutil.copytree(PACKAGES / "ground", tmp_path / "agent" / "ground")
    (tmp_path / "agent" / "__init__.py").touch()
    (tmp_path / "agent" / "told.py").write_text("import sys; print(__file__, __name__, sys.argv)")
    code = (
        "import sys; sys.path.append(sys.argv[1]); from agent.system.runtime import module_command;"
    )
    code += " print(*module_command('agent.told', 'a b'), sep='\\n')"
    command = [sys.executable, "-IS", "-c", code, tmp_path]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    bare = [*made.stdout.splitlines()]
    bare[1:1] = ["-S"]
    said = subprocess.run(bare, capture_output=True, text=True, timeout=60, check=True).stdout
    file = str(tmp_path / "agent" / "told.py")
    assert said == f"{file} __main__ {[file, 'a b']}\n"
