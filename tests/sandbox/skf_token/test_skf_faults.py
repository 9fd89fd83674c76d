"""What the token does wrong on command; what ends a process is tried in one of its own."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys

import pytest
from skf_bench import PIN, application, sm2_container
from skf_client import SM2_1, USER

from sandbox.home import SandboxError
from sandbox.skf_token.building import STANDARD
from sandbox.skf_token.codes import Sar
from sandbox.skf_token.faults import QUIRKS, Plan
from sandbox.skf_token.state import Container

PROGRAM = """
import sys
sys.path[:0] = sys.argv[1].split(":")
from pathlib import Path
from skf_client import SkfClient
from sandbox.skf_token.building import STANDARD
client = SkfClient(Path(sys.argv[2]), STANDARD)
opened = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
client.numbers("VerifyPIN", opened, 1, sys.argv[3].encode())
client.handle("CreateContainer", opened, b"made")
sys.stderr.write("came back")
"""
CREATE = "SKF_CreateContainer"


@pytest.fixture(scope="module")
def container() -> Container:
    return sm2_container("c")


@pytest.fixture
def shape():
    return STANDARD


@pytest.fixture
def device(bench, client, container) -> int:
    bench.make("key", application(container, Container(name="empty")))
    bench.plug()
    return client.handle("ConnectDev", b"key")


@pytest.fixture
def opened(client, device) -> int:
    return client.handle("OpenApplication", device, b"ODC")


def run(bench, timeout: float = 20) -> subprocess.CompletedProcess[bytes]:
    """Run a program that makes a container, whatever is wrong with that."""
    command = [sys.executable, "-c", PROGRAM, ":".join(sys.path), str(bench.library()), PIN]
    return subprocess.run(command, capture_output=True, check=False, timeout=timeout)


def made(bench) -> bool:
    names = [container.name for container in bench.on_disk().applications[0].containers]
    return "made" in names


@pytest.mark.parametrize(
    ("fault", "code"), [("crash", -signal.SIGSEGV), ("abort", -signal.SIGABRT), ("exit", 0)]
)
@pytest.mark.parametrize("suffix", ["", "_after"])
def test_a_process_ends_before_or_after_the_work_is_done(bench, device, fault, code, suffix):
    bench.misbehave(f"{CREATE}={fault}{suffix}")
    done = run(bench)
    assert (done.returncode, made(bench)) == (code, bool(suffix))
    assert b"came back" not in done.stderr
    assert bench.report().open_logins == 1  # whoever died is logged in still


def test_a_call_hangs(bench, device):
    bench.misbehave(f"{CREATE}=hang_after")
    with pytest.raises(subprocess.TimeoutExpired):
        run(bench, timeout=1.5)
    assert made(bench)


def test_a_library_prints_on_standard_output(bench, device):
    bench.misbehave(f"{CREATE}=stdout")
    done = run(bench)
    assert b"vendor debug output" in done.stdout
    assert (done.stderr, made(bench)) == (b"came back", True)


def test_a_misspelt_fault_ends_the_program(bench, device, monkeypatch):
    monkeypatch.setenv("ODC_SKF_FAULTS", "SKF_EnumDev=crahs")
    done = run(bench)
    assert (done.returncode, done.stderr) == (64, b"no fault crahs\n")


@pytest.mark.parametrize(
    "text", ["crash", "SKF_EnumDev", "SKF_EnumDev=", "one_device@2", "SKF_X=0x"]
)
def test_what_is_no_fault_is_none(text):
    with pytest.raises(SandboxError, match="no fault"):
        Plan.read(text)


def test_faults_have_their_turn(bench, client, device):
    bench.misbehave("SKF_GetDevState=0x0A000003!2,SKF_GetDevState=0x0A000001@4")
    codes = [client.numbers("GetDevState", b"key").code for _ in range(5)]
    assert codes == [0, Sar.NOT_SUPPORTED, 0, Sar.FAIL, Sar.FAIL]
    bench.misbehave("")
    assert client.numbers("GetDevState", b"key").code == 0


def test_success_that_is_none(bench, client, opened):
    bench.misbehave("SKF_VerifyPIN=lies,SKF_ClearSecureState=lies@2,SKF_ImportCertificate=lies")
    assert client.numbers("VerifyPIN", opened, USER, b"000000").code == 0
    assert bench.report().open_logins == 0
    bench.misbehave("SKF_ClearSecureState=lies,SKF_ImportCertificate=lies")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    handle = client.handle("OpenContainer", opened, b"empty")
    assert client.call("ImportCertificate", handle, 1, b"x", 1) == 0
    assert client.sized("ExportCertificate", handle, 1).code == Sar.CERTIFICATE_NOT_FOUND
    assert client.call("ClearSecureState", opened) == 0
    assert bench.report().open_logins == 1


def test_sizes_that_are_not_true(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"c")
    bench.misbehave("SKF_ExportCertificate=claims")
    told = client.sized("ExportCertificate", handle, 1)
    assert (told.code, told.values) == (0, (1 << 31,))
    assert told.content == bytes(4096)


@pytest.mark.parametrize(("fault", "written"), [("ignores_size", 5), ("overruns", 5 + 4096)])
def test_writes_past_the_size(bench, client, device, fault, written):
    bench.misbehave(f"SKF_EnumApplication={fault}")
    buffer, size = ctypes.create_string_buffer(b"\xee" * 8192, 8192), ctypes.c_uint32(2)
    assert client.call("EnumApplication", device, buffer, ctypes.byref(size)) == 0
    assert (buffer.raw[:5], size.value) == (b"ODC\0\0", 5)
    assert len(buffer.raw.rstrip(b"\xee")) == written


@pytest.mark.parametrize(
    ("fault", "content"),
    [
        ("nothing", b""),
        ("one_nul", b"ODC\0"),
        ("three_nuls", b"ODC\0\0\0"),
        ("size_without", b"ODC\0"),
        ("many", b"ODC\0" * 10_000 + b"\0"),
        ("endless", b"A" * 65536),
    ],
)
def test_lists_as_libraries_have_them(bench, client, device, fault, content):
    bench.misbehave(f"SKF_EnumApplication={fault}")
    assert client.sized("EnumApplication", device, room=1 << 16).content == content


def test_garbage_has_the_size_of_what_is_right(bench, client, opened, container):
    handle = client.handle("OpenContainer", opened, b"c")
    bench.misbehave("SKF_ExportCertificate=garbage,SKF_GetPINInfo=garbage")
    told = client.sized("ExportCertificate", handle, 1).content
    assert len(told) == len(container.signing.certificate)
    assert told != container.signing.certificate
    assert client.numbers("GetPINInfo", opened, USER, count=3).values[1] > 255


def test_a_draft_s_public_key_has_another_size(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"c")
    bench.misbehave("SKF_ExportPublicKey=older_draft")
    assert client.sized("ExportPublicKey", handle, 1, room=None).values == (136,)


@pytest.mark.parametrize(("value", "code"), [("ok", 0), ("fail", Sar.FAIL)])
def test_of_an_empty_place_libraries_say_this_or_that(bench, client, opened, value, code):
    handle = client.handle("OpenContainer", opened, b"empty")
    bench.misbehave(f"empty_certificate={value}")
    told = client.sized("ExportCertificate", handle, 1)
    assert told.code == code
    assert told.code != 0 or told.content == b""


def test_certificates_only_for_who_is_logged_in(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"c")
    bench.misbehave("must_login")
    assert client.sized("ExportCertificate", handle, 1).code == Sar.NOT_LOGGED_IN
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    assert client.sized("ExportCertificate", handle, 1).code == 0


def test_the_last_try_says_invalid_handle_and_no_number(bench, client, opened):
    bench.misbehave("locked_says_invalid_handle")
    told = [client.numbers("VerifyPIN", opened, USER, b"000000") for _ in range(10)]
    assert told[-2].values == (1,)
    assert (told[-1].code, told[-1].values) == (Sar.INVALID_HANDLE, (-1,))
    assert client.numbers("GetPINInfo", opened, USER, count=3).values == (10, 0, 0)


def test_a_handle_of_another_kind_crashes(bench, device):
    bench.misbehave("wrong_kind_crashes")
    assert run(bench).returncode == 0
    program = PROGRAM.replace(
        'client.handle("CreateContainer", opened, b"made")',
        'client.call("CloseContainer", opened)',
    )
    command = [sys.executable, "-c", program, ":".join(sys.path), str(bench.library()), PIN]
    assert subprocess.run(command, check=False).returncode == -signal.SIGSEGV


def test_one_device_and_one_application_are_all_a_library_knows(bench, client, device, opened):
    bench.make("other", application(name="OTHER"))
    bench.plug("other")
    bench.misbehave("one_device")
    assert client.names("EnumApplication", device) == ["ODC"]
    other = client.handle("ConnectDev", b"other")
    assert client.names("EnumApplication", device) == ["OTHER"]
    client.handle("OpenApplication", other, b"OTHER")
    assert client.names("EnumContainer", opened) == []


def test_a_library_takes_anything_for_a_pair(bench, client, opened):
    bench.misbehave("imports_anything")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    handle = client.handle("OpenContainer", opened, b"c")
    blob = client.enveloped.from_buffer_copy(bytes(ctypes.sizeof(client.enveloped)))
    exported = client.sized("ExportPublicKey", handle, 1).content
    blob.public = client.public_key.from_buffer_copy(exported)
    blob.cipher.size = 16
    assert client.call("ImportECCKeyPair", handle, ctypes.byref(blob)) == 0
    bench.misbehave("")
    assert client.call("ImportECCKeyPair", handle, ctypes.byref(blob)) == Sar.INVALID_PARAMETER


def test_names_may_be_shorter_elsewhere(bench, client, opened):
    bench.misbehave("name_bytes=36")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    slot = ctypes.byref(ctypes.c_void_p())
    assert client.call("CreateContainer", opened, b"n" * 37, slot) == Sar.NAME_LENGTH
    assert client.call("CreateContainer", opened, b"n" * 36, slot) == 0


def test_names_may_be_in_gbk(bench, client):
    bench.make("key", application(name="深圳"))
    bench.plug()
    bench.misbehave("gbk")
    device = client.handle("ConnectDev", b"key")
    assert client.sized("EnumApplication", device).content == "深圳".encode("gbk") + b"\0\0"
    assert client.handle("OpenApplication", device, "深圳".encode("gbk"))


def test_the_algorithm_may_have_the_other_number(bench, client, opened):
    bench.misbehave("sm2_1=0x20200")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    handle = client.handle("CreateContainer", opened, b"new")
    blob = ctypes.byref(client.public_key())
    assert client.call("GenECCKeyPair", handle, SM2_1, blob) == Sar.INVALID_PARAMETER
    assert client.call("GenECCKeyPair", handle, 0x20200, blob) == 0


def test_a_token_without_sm4_takes_no_session_key(bench, client, opened):
    bench.misbehave("no_sm4")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    handle = client.handle("OpenContainer", opened, b"c")
    told = client.numbers("ImportSessionKey", handle, 0x401, bytes(300), 300)
    assert told.code == Sar.NOT_SUPPORTED


def test_there_may_be_no_pair_that_signs_and_none_is_made(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"c")
    assert client.sized("ExportCertificate", handle, 1).code == 0
    bench.misbehave("encryption_only")
    assert client.sized("ExportCertificate", handle, 1).code == Sar.CERTIFICATE_NOT_FOUND
    assert client.sized("ExportPublicKey", handle, 1).code == Sar.KEY_NOT_FOUND
    assert client.sized("ExportPublicKey", handle, 0).code == 0
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    blob = ctypes.byref(client.public_key())
    assert client.call("GenECCKeyPair", handle, SM2_1, blob) == Sar.NOT_SUPPORTED


def test_of_two_libraries_one_may_not_see_a_device(bench, device, monkeypatch):
    monkeypatch.setenv("ODC_SKF_FAULTS", "hides=key")
    assert b"ConnectDev: 0xa000023" in run(bench).stderr


def test_every_quirk_is_tried_here(request):
    text = request.path.read_text() + request.path.with_name("test_skf_pins.py").read_text()
    assert [quirk for quirk in QUIRKS if text.count(quirk) < 1] == []
