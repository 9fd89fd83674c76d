"""After a PIN was used, nothing of ours holds it: no memory, file, log, argument or environment.

Needs root, which may read every process's memory; only so is anything proved.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest
from applicant import PIN
from processes import (
    all_processes,
    holds,
    is_dumpable,
    not_root,
    processes_with,
    read,
    remembers,
    shapes_of,
)
from terminal import Terminal

pytestmark = [
    pytest.mark.timeout(110),
    pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs root and /proc"),
]

KEPT_ALIVE = """
import sys
from agent.cli import main
print("exit code", main(sys.argv[1:]), flush=True)
sys.stdin.read()
"""
"""The command itself, in a process that stays to be looked into."""


def new_secret() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(30))


@pytest.fixture
def terminal(desk):
    opened = []

    def run(*arguments):
        command = [sys.executable, "-c", KEPT_ALIVE, *arguments]
        opened.append(Terminal(command, desk.environment))
        return opened[-1]

    yield run
    for one in opened:
        one.__exit__()


def ours(desk) -> list[int]:
    return processes_with(f"ODC_HOME={desk.folder}")


def pin_workers(desk) -> list[int]:
    """Return the workers that wait for a PIN or have one: those that forbid core files."""
    return [
        pid
        for pid in ours(desk)
        if b"agent.tokens.worker" in read(pid, "cmdline") and _core_limit(pid) == "0"
    ]


def _core_limit(pid: int) -> str:
    lines = read(pid, "limits").decode().splitlines()
    return next((line.split()[5] for line in lines if line.startswith("Max core")), "")


def wait_until(is_so) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def content_of(file: Path) -> bytes:
    """Return what a file holds; nothing of one that the agent has moved into place meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_bytes()
    return b""


def check_that_nothing_holds(desk, secret: str, *, among: set[int]) -> None:
    wait_until(lambda: not pin_workers(desk))
    assert {pid: found for pid in ours(desk) if (found := remembers(pid, secret))} == {}
    assert among <= set(ours(desk)), "they were alive all the while"
    for pid in all_processes():
        for name in ("cmdline", "environ"):
            assert not holds(read(pid, name), secret), (pid, name)
    files = [f for f in (desk.folder.parent).rglob("*") if f.is_file()]
    assert any(f.name == "agent.log" for f in files)
    assert [f for f in files if holds(content_of(f), secret)] == []


def check_that_neither_worker_nor_command_can_be_looked_into(desk, command) -> None:
    [worker] = pin_workers(desk)
    assert not is_dumpable(worker)
    assert not is_dumpable(command.pid)
    assert _core_limit(command.pid) == "0"
    assert any(is_dumpable(pid) for pid in ours(desk)), "others can: the question has two answers"


def test_nothing_holds_a_pin_after_it_was_changed_and_used(desk, terminal):
    secret = new_secret()
    with not_root():
        agent = desk.start_agent("--no-tray")
        change = terminal("pin", "change")
        change.wait_for("旧密码:")
    check_that_neither_worker_nor_command_can_be_looked_into(desk, change)
    assert not is_dumpable(agent.pid), "it has the key to dossiers"
    change.type(PIN)
    for prompt in ("新密码:", "确认新密码:"):
        change.wait_for(prompt)
        change.type(secret)
    change.wait_for("exit code 0")
    check_that_nothing_holds(desk, secret, among={agent.pid, change.pid})

    dossier = (
        "--applicant",
        str(desk.dossier / "applicant.json"),
        "--documents",
        str(desk.dossier),
    )
    with not_root():
        renew = terminal("renew", *dossier)
        renew.wait_for("证书密码(用于签署申请):")
    check_that_neither_worker_nor_command_can_be_looked_into(desk, renew)
    renew.type(secret)
    # The application is signed, sent and approved; the command stays for the code.
    renew.wait_for("短信验证码:")
    check_that_nothing_holds(desk, secret, among={agent.pid, change.pid, renew.pid})


@pytest.mark.parametrize("refused", ["old", "new"])
def test_nothing_holds_pins_that_were_refused(desk, terminal, refused):
    secret = new_secret()
    agent = desk.start_agent("--no-tray")
    change = terminal("pin", "change")
    change.wait_for("旧密码:")
    change.type(secret)
    change.wait_for("新密码:")
    if refused == "old":
        change.type("246801")
        change.wait_for("确认新密码:")
        change.type("246801")
        change.wait_for("exit code 1")
    else:
        change.type(secret)
        change.wait_for("与旧密码相同")
        change.wait_for("新密码:")
        change.type("")
        change.wait_for("exit code 4")
    check_that_nothing_holds(desk, secret, among={agent.pid, change.pid})


@pytest.mark.parametrize("shape", sorted(shapes_of("x" * 30)))
def test_a_process_that_does_hold_it_is_found(shape):
    secret = new_secret()
    script = "import sys; held = sys.stdin.buffer.readline(); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(shapes_of(secret)[shape] + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        found = remembers(process.pid, secret)
        process.kill()
    assert shape in found


def test_a_file_that_does_hold_it_is_found(tmp_path):
    secret = new_secret()
    for name, shape in shapes_of(secret).items():
        file = Path(tmp_path, "file")
        file.write_bytes(b"before" + shape + b"after")
        assert name in holds(file.read_bytes(), secret)
