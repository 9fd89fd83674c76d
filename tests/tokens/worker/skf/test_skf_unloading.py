"""A library that survives no unloading: no process that has loaded it ends by a crash."""

from __future__ import annotations

import subprocess

import msgspec
import pytest

from agent.ground.framing import encode_frame
from agent.system.runtime import module_command
from agent.tokens import protocol
from agent.tokens.worker.skf.device import device_names

CRASHES = "SKF_EnumDev=unloading, SKF_ConnectDev=unloading, SKF_WaitForDevEvent=unloading!1"


def started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        module_command(f"agent.tokens.worker{module}", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_the_library_crashes_a_process_that_ends_as_others_do(desk):
    """Without this the other tests would show nothing."""
    desk.bench.misbehave(CRASHES)
    loads = (
        "import sys; sys.path.append(sys.argv[1])\n"
        "from agent.tokens.worker.skf.library import Library\n"
        "Library.loaded(sys.argv[2])"
    )
    command = module_command("x")
    done = subprocess.run(
        [command[0], "-I", "-c", loads, command[2].rpartition("/agent/")[0], desk.module.path],
        check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode < 0


def test_a_worker_whose_agent_is_gone(desk):
    desk.bench.misbehave(CRASHES)
    with started("", desk.module.path, "skf") as worker:
        told, _ = worker.communicate(encode_frame(msgspec.json.encode(protocol.ListTokens())), 20)
    assert worker.returncode == 0
    assert b'"label"' in told


def test_who_clears_a_login(desk):
    [device] = device_names(desk.module.library)
    desk.bench.misbehave(CRASHES)
    application = desk.token.facts.application.encode()
    with started(".skf.clearer", desk.module.path, "4", device.hex(), application.hex()) as clearer:
        clearer.communicate(b"", 20)
    assert clearer.returncode == 0
    assert desk.bench.report().calls["SKF_ClearSecureState"] == 1


@pytest.mark.parametrize("code", ["0x0A000003", "0x0A000001"])
def test_who_waits_for_devices_and_is_told_of_none(desk, code):
    desk.bench.misbehave(f"{CRASHES}, SKF_WaitForDevEvent={code}@2")
    with started(".skf.waiter", desk.module.path) as waiter:
        assert waiter.stdout.read(1) == b"w"
        while not desk.bench.report().calls.get("SKF_WaitForDevEvent"):
            pass
        desk.bench.pull()
        told, _ = waiter.communicate(timeout=20)
    assert (told, waiter.returncode) == (b"en", 0)


STAYS = CRASHES.replace("unloading", "stays")


def test_a_library_that_keeps_its_process_keeps_none_of_ours(desk):
    """On Windows this is what ``os._exit`` does not see to: tests/wine/test_skf_driver_there.py."""
    desk.bench.misbehave(STAYS)
    with started("", desk.module.path, "skf") as worker:
        worker.communicate(encode_frame(msgspec.json.encode(protocol.ListTokens())), 20)
    assert worker.returncode == 0
