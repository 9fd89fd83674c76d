"""Our driver in a Windows process: it lists, logs in, signs, and nothing stays open, however it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import msgspec
import pytest
from parts import GCC, ROOT, C

sys.path.append(str(ROOT / "tests" / "certificates"))
sys.path.append(str(ROOT / "tests" / "keys"))
sys.path.append(str(ROOT / "tests" / "sandbox" / "skf_token"))

from skf_bench import APPLICATION, PIN, SkfBench, application, sm2_container

from agent.ground.framing import encode_frame
from agent.system.ending import CRASHED
from agent.tokens import protocol
from agent.tokens.model import Quirks
from sandbox.skf_token.building import WINDOWS_64, Shape

pytestmark = pytest.mark.wine

PROGRAM = """
import json, os, sys
from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.model import Quirks, TokenReference
from agent.tokens.worker.skf.module import SkfModule

if __name__ == "__main__":
    library, ending = sys.argv[1:]
    module = SkfModule(library, Quirks())
    [token] = module.content().tokens
    facts = token.facts
    found = module.find(
        TokenReference(
            module=library, serial=facts.serial, label=facts.label, application=facts.application
        ),
        b"",
    )
    try:
        found.log_in(bytearray(b"000000"), accepts_final_try=False)
    except OdcError as error:
        wrong = error.report().message_zh
    logged_in = found.log_in(bytearray(sys.stdin.buffer.read()), accepts_final_try=False)
    key = token.certificates[0].key
    signature = logged_in.sign_data(protocol.SignData(key=key, data=b"x"))
    told = {
        "label": facts.label, "tries": facts.tries_left, "containers": len(token.certificates),
        "width": module.library.layout.ulong_bytes, "wrong": wrong, "signed": len(signature) > 60,
    }
    print(json.dumps(told), flush=True)
    if ending == "well":
        logged_in.log_out()
    os._exit(0)
"""


@pytest.fixture
def bench(tmp_path):
    bench = SkfBench(tmp_path, is_on_port=True)
    yield bench
    bench.close()


@pytest.mark.parametrize(("ending", "is_packed"), [("well", True), ("at once", False)])
def test_the_driver_works_there_and_leaves_nothing_open(english, bench, ending, is_packed):
    bench.make("key", application(sm2_container("容器")), label="样例")
    bench.plug()
    built = english.path(bench.library(Shape(is_packed=is_packed), WINDOWS_64))
    done = english.run(
        english.python, "-c", PROGRAM, built, ending, stdin=PIN.encode(), env=bench.environment
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
    deadline = time.monotonic() + 30
    while bench.report().open_logins and time.monotonic() < deadline:
        time.sleep(0.05)
    assert bench.report().open_logins == 0


STAYS = "SKF_EnumDev=stays, SKF_ConnectDev=stays, SKF_WaitForDevEvent=stays!1"
WORKERS = "agent.tokens.worker"
CALLS_ONCE = """
import ctypes, sys
ctypes.WinDLL(sys.argv[1]).SKF_EnumDev(1, None, ctypes.create_string_buffer(8))
"""


@pytest.fixture
def staying(bench, english):
    """A library that does not let go of its process when that ends, as Windows ends processes."""
    bench.make("key", application(sm2_container("容器")), label="样例")
    bench.plug()
    bench.misbehave(STAYS)
    return english.path(bench.library(target=WINDOWS_64))


def test_the_library_keeps_a_process_that_ends_as_others_do(english, bench, staying):
    """Without this the other tests would show nothing."""
    process = english.start(english.python, "-c", CALLS_ONCE, staying, env=bench.environment)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=8)
    process.kill()
    process.communicate()


def test_no_worker_stays_for_it(english, bench, staying):
    request = encode_frame(msgspec.json.encode(protocol.ListTokens()))
    done = english.run(
        english.python, "-m", WORKERS, staying, "skf",
        stdin=request, env=bench.environment, limit=30,
    )  # fmt: skip
    assert b'"label"' in done.stdout
    assert done.returncode == 0


def test_nor_who_loads_it_for_another(english, bench, staying):
    quirks = msgspec.json.encode(Quirks(loaded_by=english.path(english.python))).decode()
    request = encode_frame(msgspec.json.encode(protocol.ListTokens()))
    done = english.run(
        english.python, "-m", WORKERS, staying, "skf", quirks,
        stdin=request, env=bench.environment, limit=30,
    )  # fmt: skip
    assert b'"label"' in done.stdout
    # Each client of the token's process is one that has loaded the library.
    bench.wait_until(lambda report: not report.clients, 30)


def test_nor_who_clears_a_login(english, bench, staying):
    done = english.run(
        english.python, "-m", f"{WORKERS}.skf.clearer", staying, "4",
        b"key".hex(), APPLICATION.encode().hex(), env=bench.environment, limit=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert bench.report().calls["SKF_ClearSecureState"] == 1


def test_nor_who_waits_for_devices(english, bench, staying):
    waiter = english.start(
        english.python, "-m", f"{WORKERS}.skf.waiter", staying, env=bench.environment
    )
    assert waiter.stdout.read(1) == b"w"
    bench.wait_until(lambda report: report.calls.get("SKF_WaitForDevEvent", 0) == 1)
    bench.pull()
    assert waiter.stdout.read(1) == b"e"
    bench.wait_until(lambda report: report.calls.get("SKF_WaitForDevEvent", 0) == 2)
    waiter.communicate(timeout=30)
    assert waiter.returncode == 0


@pytest.mark.parametrize("is_bridged", [False, True], ids=["itself", "for another"])
def test_a_crash_in_a_call_ends_the_worker_that_made_it(english, bench, staying, is_bridged):
    """ctypes makes an exception of it: else the worker went on with a library that is broken."""
    bench.misbehave("SKF_EnumDev=stays!1, SKF_EnumDev=crash@2")
    loaded_by = english.path(english.python) if is_bridged else None
    request = encode_frame(msgspec.json.encode(protocol.ListTokens()))
    done = english.run(
        english.python, "-m", WORKERS, staying, "skf",
        msgspec.json.encode(Quirks(loaded_by=loaded_by)).decode(),
        stdin=request, env=bench.environment, limit=30,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (CRASHED, b"")
    bench.wait_until(lambda report: not report.clients, 30)


@pytest.mark.parametrize("is_bridged", [False, True], ids=["itself", "for another"])
def test_what_lies_in_the_folder_of_whoever_starts_it_is_not_loaded(english, tmp_path, is_bridged):
    library, downloads = tmp_path / "library.dll", tmp_path / "downloads"
    downloads.mkdir()
    for file in (library, downloads / "another.dll"):
        subprocess.run([GCC, "-shared", "-o", file, C / "asks_for_another.c"], check=True)
    loaded_by = english.path(english.python) if is_bridged else None
    done = english.run(
        english.python, "-m", WORKERS, english.path(library), "skf",
        msgspec.json.encode(Quirks(loaded_by=loaded_by)).decode(),
        stdin=encode_frame(msgspec.json.encode(protocol.ListTokens())), cwd=downloads, limit=30,
    )  # fmt: skip
    assert done.returncode == 0
    assert set(done.stderr.split(b"\r\n")) == {b"another is not there", b""}


PARENT = """
import subprocess, sys
from agent.system.runtime import module_command
command = module_command("agent.tokens.worker", *sys.argv[1:])
worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
worker.stdin.write(sys.stdin.buffer.read())
worker.stdin.flush()
print("asked", flush=True)
worker.wait()
"""


@pytest.mark.parametrize("is_bridged", [False, True], ids=["itself", "for another"])
def test_a_worker_whose_library_hangs_does_not_outlive_its_agent(
    english, bench, staying, is_bridged
):
    bench.misbehave("SKF_EnumDev=hang@2")
    loaded_by = english.path(english.python) if is_bridged else None
    agent = english.start(
        english.python, "-c", PARENT, staying, "skf",
        msgspec.json.encode(Quirks(loaded_by=loaded_by)).decode(), env=bench.environment,
    )  # fmt: skip
    with agent:
        agent.stdin.write(encode_frame(msgspec.json.encode(protocol.ListTokens())))
        agent.stdin.close()
        assert agent.stdout.readline().strip() == b"asked"
        bench.wait_until(lambda report: report.calls.get("SKF_EnumDev", 0) == 2)
        agent.kill()
    bench.wait_until(lambda report: not report.clients, 30)
