"""The conformance run: it passes the sandbox, and finds what a server does wrong."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from sandbox_desk import running_desk, sandbox_cli

from sandbox.authority.rules.fault_kinds import FaultKind
from sandbox.authority.sms import Outbox
from sandbox.authority.store import Store
from sandbox.faults.planning import Fault, Faults


@contextlib.contextmanager
def running(folder, *options):
    with running_desk(folder / "authority", "--approve-after", "0", *options) as desk:
        yield desk


@pytest.fixture
def desk(short_folder):
    with running(short_folder, "--faults") as desk:
        yield desk


def conformance(desk, folder, *options):
    """Run the command; its SMS code is the one the applicant's phone got."""
    order = [
        *options,
        "--organisation",
        "Sample",
        "--uscc",
        "91440300MA5DA0000F",
        "--expired-days",
        "961",
    ]
    issued = sandbox_cli(desk.home, "issue-files", str(folder), *order)
    assert issued.returncode == 0, issued.stderr
    files = {name: folder / f"{name}.pem" for name in ("certificate", "key")}
    command = [sys.executable, "-m", "sandbox", "conformance", desk.url, "--wait", "60"]
    command += ["--trust-anchor", str(desk.home.trust_anchor)]
    for name, file in files.items():
        command += [f"--{name}", str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        application = process.stdout.readline().split()[1]
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if "wrong SMS code" in line and not line.startswith("–"):
                [*_, message] = Outbox(desk.home.outbox).messages(application)
                process.stdin.write(f"{message.code}\n")
                process.stdin.flush()
        return process.wait(60), lines


def marks(lines):
    return {line[2:].partition(":")[0]: line[0] for line in lines if line[:2] in ("✓ ", "✗ ", "– ")}


def test_the_sandbox_passes_every_step(desk, tmp_path):
    code, lines = conformance(desk, tmp_path)
    skipped = [name for name, mark in marks(lines).items() if mark != "✓"]
    assert all(name.startswith("encryption key") for name in skipped), "\n".join(lines)
    assert lines[-1] == "28 passed, 0 failed, 4 skipped"
    assert code == 0


def test_it_passes_with_sm2_as_well(short_folder, tmp_path):
    with running(short_folder, "--key-type", "sm2") as desk:
        code, lines = conformance(desk, tmp_path, "--sm2")
    assert set(marks(lines).values()) == {"✓"}, "\n".join(lines)
    assert (code, lines[-1]) == (0, "32 passed, 0 failed, 0 skipped")


def test_a_server_that_strays_fails_at_that_step_and_goes_on(desk, tmp_path):
    plan = Faults(Store(desk.home.database)).plan
    plan(Fault(route="GET */csrattrs", kind=FaultKind.STATUS_500))
    code, lines = conformance(desk, tmp_path)
    assert code == 1
    assert [name for name, mark in marks(lines).items() if mark == "✗"] == ["csrattrs"]


def test_what_needs_a_failed_step_is_not_tried(desk, tmp_path):
    plan = Faults(Store(desk.home.database)).plan
    plan(Fault(route="GET */cacerts", kind=FaultKind.WRONG_TYPE))
    code, lines = conformance(desk, tmp_path)
    found = marks(lines)
    assert (code, found["cacerts"], found["enrol"]) == (1, "✗", "–")
    assert "    needs: cacerts" in lines
