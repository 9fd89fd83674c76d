"""PINs: counted as the standard has it, kept through kills, open until somebody clears them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from skf_bench import ADMINISTRATOR_PIN, PIN, application, sm2_container
from skf_client import ADMINISTRATOR, USER

from sandbox.skf_token.building import STANDARD
from sandbox.skf_token.codes import Sar
from sandbox.skf_token.state import Container

RIGHT, WRONG = PIN.encode(), b"000000"
DIGEST = bytes(range(32))


@pytest.fixture(scope="module")
def container() -> Container:
    return sm2_container("c", with_encryption=False)


@pytest.fixture
def shape():
    """One shape: what counts is not the structures'."""
    return STANDARD


@pytest.fixture
def opened(bench, client, container) -> int:
    bench.make("key", application(container, tries=3), application(name="second", is_factory=True))
    bench.plug()
    return client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")


def verify(client, opened, pin=RIGHT):
    return client.numbers("VerifyPIN", opened, USER, pin)


def information(client, opened, kind=USER):
    return client.numbers("GetPINInfo", opened, kind, count=3).values


def sign(client, opened) -> int:
    handle = client.handle("OpenContainer", opened, b"c")
    return client.sized("ECCSignData", handle, DIGEST, 32, room=256).code


def test_a_wrong_pin_costs_a_try_and_a_right_one_gives_all_back(client, opened):
    assert information(client, opened) == (3, 3, 0)
    assert verify(client, opened, WRONG).code == Sar.PIN_INCORRECT
    assert verify(client, opened, WRONG).values == (1,)
    assert information(client, opened) == (3, 1, 0)
    assert verify(client, opened).code == 0
    assert information(client, opened) == (3, 3, 0)


def test_after_the_last_try_the_right_pin_is_locked_out_too(client, opened):
    told = [verify(client, opened, WRONG) for _ in range(3)]
    assert (told[-1].code, told[-1].values) == (Sar.PIN_LOCKED, (0,))
    assert verify(client, opened).code == Sar.PIN_LOCKED
    assert information(client, opened) == (3, 0, 0)


def test_the_administrator_unlocks(client, opened):
    for _ in range(3):
        verify(client, opened, WRONG)
    new = b"new-135790"
    told = client.numbers("UnblockPIN", opened, ADMINISTRATOR_PIN.encode(), new)
    assert (told.code, told.values) == (0, (10,))
    assert verify(client, opened).code == Sar.PIN_INCORRECT
    assert verify(client, opened, new).code == 0


def test_tries_are_on_disk_before_they_are_answered(bench, client, opened):
    verify(client, opened, WRONG)
    verify(client, opened, WRONG)
    bench.close()
    bench.start()
    bench.plug()
    again = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
    assert information(client, again) == (3, 1, 0)


def test_a_process_that_is_killed_while_it_compares_gives_no_try_away(
    bench, client, opened, monkeypatch
):
    def killed(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("sandbox.skf_token.device.is_right", killed)
    monkeypatch.setattr("threading.excepthook", lambda _arguments: None)
    assert verify(client, opened, WRONG).code == Sar.DEVICE_REMOVED
    assert bench.on_disk().applications[0].user_pin.tries_left == 2


def test_only_who_is_logged_in_signs(client, opened):
    assert sign(client, opened) == Sar.NOT_LOGGED_IN
    verify(client, opened)
    assert sign(client, opened) == 0
    assert client.call("ClearSecureState", opened) == 0
    assert sign(client, opened) == Sar.NOT_LOGGED_IN


def test_a_wrong_pin_ends_a_login(client, opened):
    verify(client, opened)
    verify(client, opened, WRONG)
    assert sign(client, opened) == Sar.NOT_LOGGED_IN


def test_the_pin_of_one_application_is_not_that_of_another(bench, client, opened):
    verify(client, opened)
    report = bench.report()
    [first, second] = report.devices[0].applications
    assert (first.is_logged_in, second.is_logged_in, report.open_logins) == (True, False, 1)


def test_disconnecting_does_not_log_out(bench, client, opened):
    verify(client, opened)
    client.call("CloseApplication", opened)
    again = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
    assert bench.report().open_logins == 1
    assert sign(client, again) == 0


OTHER_PROGRAM = """
import sys
sys.path[:0] = sys.argv[1].split(":")
from pathlib import Path
from skf_client import SkfClient
from sandbox.skf_token.building import STANDARD
client = SkfClient(Path(sys.argv[2]), STANDARD)
opened = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
if sys.argv[3] == "verify":
    sys.exit(client.numbers("VerifyPIN", opened, 1, sys.stdin.buffer.read()).code != 0)
handle = client.handle("OpenContainer", opened, b"c")
sys.exit(client.sized("ECCSignData", handle, bytes(32), 32, room=256).code != 0)
"""


def other_program(bench, action: str) -> bool:
    """Let another process verify the PIN, or sign; return whether that succeeded."""
    path = ":".join(sys.path)
    command = [sys.executable, "-c", OTHER_PROGRAM, path, str(bench.library()), action]
    return subprocess.run(command, input=PIN.encode(), check=False).returncode == 0


def test_the_end_of_a_process_does_not_log_out_and_any_other_signs(bench, client, opened):
    assert other_program(bench, "verify")
    assert bench.report().open_logins == 1
    assert sign(client, opened) == 0


def test_where_logins_are_a_process_s_own_they_end_with_it(bench, client, opened):
    bench.misbehave("login_per_client")
    assert other_program(bench, "verify")
    assert sign(client, opened) == Sar.NOT_LOGGED_IN
    bench.wait_until(lambda report: report.open_logins == 0)
    verify(client, opened)
    assert not other_program(bench, "sign")


def test_pulling_logs_out(bench, client, opened):
    verify(client, opened)
    bench.pull()
    assert bench.report().open_logins == 0
    bench.plug()
    again = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
    assert sign(client, again) == Sar.NOT_LOGGED_IN


def test_changing_the_pin_takes_the_old_one(client, opened):
    new = b"another PIN"
    wrong = client.numbers("ChangePIN", opened, USER, WRONG, new)
    assert (wrong.code, wrong.values) == (Sar.PIN_INCORRECT, (2,))
    assert client.numbers("ChangePIN", opened, USER, PIN.encode(), new).values == (3,)
    assert verify(client, opened).code == Sar.PIN_INCORRECT
    assert verify(client, opened, new).code == 0


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (b"12345", Sar.PIN_LENGTH),
        (b"1" * 17, Sar.PIN_LENGTH),
        ("密码密码".encode(), Sar.PIN_INVALID),
    ],
)
def test_a_new_pin_that_cannot_be_one_costs_no_try(client, opened, new, code):
    assert client.numbers("ChangePIN", opened, USER, PIN.encode(), new).code == code
    assert information(client, opened) == (3, 3, 0)


def test_a_factory_pin_is_told_until_it_is_changed(bench, client, opened):
    second = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"second")
    assert information(client, second) == (10, 10, 1)
    client.numbers("ChangePIN", second, USER, PIN.encode(), b"135791")
    assert information(client, second) == (10, 10, 0)


def test_the_administrator_s_pin_is_another(client, opened):
    assert (
        client.numbers("VerifyPIN", opened, ADMINISTRATOR, PIN.encode()).code == Sar.PIN_INCORRECT
    )
    assert information(client, opened, ADMINISTRATOR) == (10, 9, 0)
    assert information(client, opened) == (3, 3, 0)
    assert client.numbers("GetPINInfo", opened, 2, count=3).code == Sar.USER_TYPE
