"""A library that another Python loads, since it is of another width: here one of the same."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import string
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pin_desk import PinDesk
from processes import is_dumpable, remembers
from skf_bench import PIN
from skf_desk import SkfDesk
from test_skf_driver_events import Silence, until, watching

from agent.ground.errors import OdcError
from agent.system.runtime import module_command
from agent.tokens import protocol
from agent.tokens.errors import (
    ModuleCrashedError,
    ModuleHangsError,
    ModuleLoadError,
    PinIncorrectError,
)
from agent.tokens.model import ModuleKind, PinState, Quirks
from agent.tokens.supervisor import ModuleWorker
from agent.tokens.worker.skf.bridge_messages import (
    SIZE_BYTES,
    BridgeError,
    Call,
    encoded,
    take_answer,
    wipe,
)
from agent.tokens.worker.skf.bridged import BridgedFunctions
from agent.tokens.worker.skf.codes import USER, Sar
from agent.tokens.worker.skf.loaded import Buffer, ByValue, Slot
from agent.tokens.worker.skf.module import SkfModule
from sandbox.skf_token.building import SHAPES

ELSEWHERE = Quirks(loaded_by=sys.executable)
SECRET = "zQ7-kW4xTn9Rv2Jp"
ARGUMENTS = st.lists(
    st.none()
    | st.integers(0, (1 << 64) - 1)
    | st.binary(max_size=300)
    | st.binary(max_size=300).map(lambda content: Buffer(bytearray(content)))
    | st.binary(max_size=60).map(ByValue),
    max_size=8,
).map(tuple)


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    """In a worker they end with it."""
    opened, started = [], BridgedFunctions.__init__

    def noted(self, *arguments):
        opened.append(self)
        started(self, *arguments)

    monkeypatch.setattr(BridgedFunctions, "__init__", noted)
    yield
    for functions in opened:
        if hasattr(functions, "_process"):
            functions.close()


@pytest.fixture
def desk(bench) -> SkfDesk:
    return SkfDesk(bench, quirks=ELSEWHERE)


def bridges(desk: SkfDesk) -> list[int]:
    return _processes(desk, b"agent.tokens.worker.skf.bridge")


def _processes(desk: SkfDesk, module: bytes) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            has_address = desk.bench.server.address.encode() in (process / "environ").read_bytes()
            if has_address and module in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def plain(argument: object) -> object:
    if isinstance(argument, Buffer | ByValue):
        return type(argument), bytes(argument.content)
    return argument


def buffers(arguments) -> list[bytearray]:
    return [one.content for one in arguments if isinstance(one, Buffer)]


@given(ARGUMENTS, st.integers(0, (1 << 32) - 1), st.data())
def test_a_call_comes_as_it_was_made_and_what_was_written_goes_back(arguments, code, data):
    message = encoded("EnumDev", arguments)
    call = Call(message[SIZE_BYTES:])
    assert call.name == "EnumDev"
    assert list(map(plain, call.arguments)) == list(map(plain, arguments))
    written = []
    for buffer in buffers(call.arguments):
        buffer[:] = data.draw(st.binary(min_size=len(buffer), max_size=len(buffer)))
        written.append(bytes(buffer))
    assert take_answer(call.answer(code)[SIZE_BYTES:], arguments) == code
    assert buffers(arguments) == written


@given(st.binary(max_size=60).map(bytearray))
def test_what_is_no_message_is_an_error_and_nothing_else(body):
    with contextlib.suppress(BridgeError, UnicodeDecodeError, IndexError):
        Call(body)
    with contextlib.suppress(BridgeError):
        take_answer(body, (Slot(),))


def test_what_was_not_written_to_is_not_sent_back_and_all_can_be_wiped():
    pin = Buffer(bytearray(SECRET.encode()))
    message = encoded("VerifyPIN", (1, 1, pin, Slot()))
    body = message[SIZE_BYTES:]
    call = Call(body)
    assert SECRET.encode() in body
    assert SECRET.encode() not in call.answer(0)
    call.wipe()
    for one in (message, body):
        wipe(one)
    assert not any(map(any, (message, body, *buffers(call.arguments))))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_token_is_listed_and_signs_as_through_this_process(bench, shape):
    there = SkfDesk(bench, shape=shape, quirks=ELSEWHERE)
    here = SkfModule(there.module.path, Quirks())
    assert there.content() == here.content()
    signing, _ = there.pair
    with there.logged_in() as token:
        assert token.sign_data(protocol.SignData(key=signing.key, data=b"x"))
        assert there.is_open()
    assert not there.is_open()


def test_a_pin_that_is_wrong_costs_the_tries_that_are_told(desk):
    with pytest.raises(PinIncorrectError) as caught, desk.logged_in("999999"):
        pass
    assert caught.value.values["tries_left"] == desk.tries_left() == 9


@pytest.mark.skipif(os.getuid() != 0, reason="looks into another process's memory")
@pytest.mark.parametrize("length", [30, 600, 9000])
def test_nothing_of_a_pin_stays_in_the_other_process(desk, length):
    """Also of longer ones than there are, since what is short is soon overwritten by chance."""
    [bridge] = bridges(desk)
    assert not is_dumpable(bridge)
    secret = "".join(secrets.choice(string.ascii_letters) for _ in range(length))
    pin = Buffer(bytearray(secret.encode() + b"\0"))
    for _ in range(3):
        desk.module.library.functions["VerifyPIN"](1, USER, pin, Slot())
        assert remembers(bridge, secret) == []
    desk.module.library.functions["ExportCertificate"](1, 1, secret.encode(), Slot())
    assert remembers(bridge, secret), (
        "what is no buffer of the caller's is not wiped: it can be found"
    )


@contextlib.asynccontextmanager
async def worker_of(desk: SkfDesk):
    worker = ModuleWorker(desk.settings)
    try:
        yield worker
    finally:
        await worker.close()


@pytest.mark.parametrize("fault", ["crash", "abort", "exit_after"])
async def test_a_library_that_ends_the_other_process_costs_a_call(desk, fault):
    async with worker_of(desk) as worker:
        desk.bench.misbehave(f"SKF_GetPINInfo={fault}")
        with pytest.raises(ModuleCrashedError):
            await worker.content()
        desk.bench.misbehave("")
        worker.hurry()
        assert len((await worker.content()).tokens) == 1


async def test_the_other_process_is_killed_between_two_calls(desk):
    own = bridges(desk)
    async with worker_of(desk) as worker:
        await worker.content()
        [bridge] = set(bridges(desk)) - set(own)
        os.kill(bridge, signal.SIGKILL)
        with pytest.raises(ModuleCrashedError):
            await worker.content()
        worker.hurry()
        assert len((await worker.content()).tokens) == 1


async def test_a_call_that_hangs_is_given_up_and_the_other_process_goes_with_the_worker(
    desk, monkeypatch
):
    monkeypatch.setattr("agent.tokens.supervisor.LIST_SECONDS", 2.0)
    own = bridges(desk)
    async with worker_of(desk) as worker:
        desk.bench.misbehave("SKF_ConnectDev=hang")
        with pytest.raises(ModuleHangsError):
            await worker.content()
        await until(lambda: bridges(desk) == own)


def test_where_the_system_ends_no_child_the_end_of_its_input_does(desk):
    """As on Windows: nobody but the worker has the other end of the pipe."""
    desk.bench.misbehave("SKF_ConnectDev=hang")
    command = module_command("agent.tokens.worker.skf.bridge", desk.module.path)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bridge:
        bridge.stdin.write(encoded("ConnectDev", (bytearray(b"key\0"), bytearray(8))))
        bridge.stdin.flush()
        while not desk.bench.report().calls.get("SKF_ConnectDev"):
            time.sleep(0.01)
        bridge.stdin.close()
        assert bridge.wait(10) == 0


async def test_what_it_prints_is_no_answer(desk):
    async with worker_of(desk) as worker:
        desk.bench.misbehave("SKF_EnumDev=stdout, SKF_GetDevInfo=stdout")
        assert len((await worker.content()).tokens) == 1


async def test_a_session_ends_its_login_and_who_outlives_it_loads_the_library_there_too(
    desk, tmp_path
):
    async with PinDesk(desk.settings, tmp_path) as pins:
        assert await pins.log_in(PIN) == "done"
        await pins.until_flags_say(PinState.OK)
        desk.bench.misbehave("SKF_VerifyPIN=crash_after")
        assert isinstance(await pins.log_in(PIN), OdcError)
        await until(lambda: not desk.is_open())
    assert desk.bench.report().calls["SKF_VerifyPIN"] == 2


async def test_events_are_waited_for_there(desk):
    async with watching(desk, Silence(ModuleKind.PKCS11)) as (inventory, watch):
        await until(lambda: watch.is_watched_by_events(inventory.readers[0]))
        desk.bench.pull()
        await until(lambda: not inventory.snapshot.tokens)


def test_what_cannot_be_loaded_there_says_why(tmp_path):
    (tmp_path / "no.so").write_bytes(b"\x7fELF no library")
    with pytest.raises(ModuleLoadError, match=r"no\.so"):
        SkfModule(str(tmp_path / "no.so"), ELSEWHERE)
    with pytest.raises(ModuleLoadError, match="does not offer SKF"):
        SkfModule("libm.so.6", ELSEWHERE)


@pytest.mark.parametrize("program", ["/nowhere/python.exe", "/bin/true", "/bin/cat"])
def test_what_is_no_python_says_so(desk, program):
    with pytest.raises(ModuleLoadError):
        SkfModule(desk.module.path, Quirks(loaded_by=program))


def test_a_function_it_lacks_is_not_supported(desk):
    assert desk.module.library.functions["NoSuchThing"](1) == Sar.NOT_SUPPORTED_YET


@pytest.mark.parametrize("module", ["bridge", "waiter", "clearer"])
def test_what_runs_there_needs_the_standard_library_alone(module):
    command = module_command("x")
    listed = (
        "import sys; sys.path.append(sys.argv[1])\n"
        f"import agent.tokens.worker.skf.{module}\n"
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )
    root = str(Path(command[2]).parents[2])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", listed, root], check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) - {"__main__", "org"} == {"agent"}


def test_the_configuration_names_such_a_python(desk):
    settings = msgspec.convert(
        {"path": "/a.dll", "quirks": {"loaded_by": "/python32"}}, type(desk.settings)
    )
    assert settings.quirks.loaded_by == "/python32"
