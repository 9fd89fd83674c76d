"""What can be read without a PIN, in every shape of the library."""

from __future__ import annotations

import ctypes

import pytest
from skf_bench import application, rsa_container, sm2_container, sm2_half
from sm2_key import Sm2Key

from sandbox.skf_token.codes import KeyKind, Sar
from sandbox.skf_token.state import Container


@pytest.fixture(scope="module")
def container() -> Container:
    return sm2_container("容器")


@pytest.fixture
def device(bench, client, container) -> int:
    """A device with a container of SM2 and an empty one, connected."""
    bench.make("key", application(container, Container(name="empty")), application(name="second"))
    bench.plug("key")
    return client.handle("ConnectDev", b"key")


@pytest.fixture
def opened(client, device) -> int:
    return client.handle("OpenApplication", device, b"ODC")


def test_devices_come_and_go(bench, client):
    bench.make("b", serial="B")
    bench.make("a")
    assert client.names("EnumDev", 1) == []
    bench.plug("b")
    bench.plug("a")
    assert client.names("EnumDev", 1) == ["a", "b"]
    assert client.numbers("GetDevState", b"b").values == (1,)
    bench.pull("b")
    assert client.names("EnumDev", 1) == ["a"]
    assert client.numbers("GetDevState", b"b").values == (0,)
    assert client.call("ConnectDev", b"b", ctypes.byref(ctypes.c_void_p())) == Sar.DEVICE_REMOVED


def test_without_a_process_there_is_no_device(bench, client):
    bench.close()
    assert client.names("EnumDev", 1) == []


def test_the_width_of_a_number_shows_without_a_device(client, shape):
    """The probe drivers use: 4 bytes leave the upper half of 8 as it was."""
    size = ctypes.c_uint64(0xAAAA_AAAA_AAAA_AAAA)
    assert client.call("EnumDev", 1, None, ctypes.byref(size)) == 0
    assert size.value >> 32 == (0xAAAA_AAAA if shape.ulong_bytes == 4 else 0)


def test_what_a_device_says_of_itself_fills_the_structure_to_its_last_byte(bench, client, device):
    information = client.device_information()
    assert client.call("GetDevInfo", device, ctypes.byref(information)) == 0
    state = bench.on_disk()
    assert (information.serial.decode(), information.label.decode()) == (state.serial, state.label)
    assert (information.maker.decode(), tuple(information.version)) == ("ODC Sandbox", (1, 0))
    assert information.total == 65536
    assert 0 < information.free == state.free_bytes < information.total
    assert information.most == 65536  # the last number: its place depends on every one before


def test_structures_have_the_sizes_on_record(client, shape):
    sizes = {(4, True): 294, (4, False): 296, (8, True): 326, (8, False): 328}
    assert ctypes.sizeof(client.device_information) == sizes[shape.ulong_bytes, shape.is_packed]
    assert ctypes.sizeof(client.public_key) == (132 if shape.ulong_bytes == 4 else 136)


def test_applications_and_containers_are_listed(client, device, opened):
    assert client.names("EnumApplication", device) == ["ODC", "second"]
    assert client.names("EnumContainer", opened) == ["容器", "empty"]
    second = client.handle("OpenApplication", device, b"second")
    assert client.names("EnumContainer", second) == []


def test_a_buffer_that_is_too_small_is_left_alone_and_the_size_told(client, device):
    assert client.sized("EnumApplication", device, room=None).values == (12,)
    told = client.sized("EnumApplication", device, room=11)
    assert (told.code, told.values, told.content) == (Sar.BUFFER_TOO_SMALL, (12,), bytes(11))
    assert client.sized("EnumApplication", device, room=12).content == b"ODC\0second\0\0"


def test_certificates_and_public_keys_are_read_as_they_were_written(client, opened, container):
    handle = client.handle("OpenContainer", opened, "容器".encode())
    assert client.numbers("GetContainerType", handle).values == (KeyKind.SM2,)
    for is_signing, half in ((1, container.signing), (0, container.encryption)):
        assert client.sized("ExportCertificate", handle, is_signing).content == half.certificate
        told = client.sized("ExportPublicKey", handle, is_signing)
        blob = client.public_key.from_buffer_copy(told.content)
        assert (told.values[0], blob.bits) == (ctypes.sizeof(client.public_key), 256)
        assert b"\4" + bytes(blob.x)[32:] + bytes(blob.y)[32:] == half.public
        assert not any(bytes(blob.x)[:32] + bytes(blob.y)[:32])


def test_of_an_empty_container_there_is_nothing(client, opened):
    handle = client.handle("OpenContainer", opened, b"empty")
    assert client.numbers("GetContainerType", handle).values == (KeyKind.EMPTY,)
    assert client.sized("ExportCertificate", handle, 1).code == Sar.CERTIFICATE_NOT_FOUND
    assert client.sized("ExportPublicKey", handle, 1).code == Sar.KEY_NOT_FOUND


def test_an_rsa_key_is_read(bench, client):
    container = rsa_container()
    bench.make("key", application(container))
    bench.plug()
    opened = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
    handle = client.handle("OpenContainer", opened, b"RSA")
    told = client.sized("ExportPublicKey", handle, 1)
    blob = client.rsa_public_key.from_buffer_copy(told.content)
    assert (blob.algorithm, blob.bits) == (0x10000, 2048)
    assert bytes(blob.exponent) == b"\0\1\0\1"
    assert bytes(blob.modulus) in container.signing.public


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("EnumApplication", "device"), ("EnumContainer", "application"), ("GetDevInfo", "device")],
)
def test_a_handle_of_another_kind_or_none_is_refused(client, device, opened, name, kinds):
    wrong = opened if kinds == "device" else device
    for handle in (wrong, 0, 77):
        assert client.sized(name, handle).code == Sar.INVALID_HANDLE


def test_a_closed_handle_is_none(client, device, opened):
    assert client.call("CloseApplication", opened) == 0
    assert client.sized("EnumContainer", opened).code == Sar.INVALID_HANDLE
    assert client.call("DisConnectDev", device) == 0
    assert client.call("DisConnectDev", device) == Sar.INVALID_HANDLE


def test_handles_of_a_device_that_was_pulled_out_stay_dead(bench, client, device):
    bench.pull()
    assert client.sized("EnumApplication", device).code == Sar.DEVICE_REMOVED
    bench.plug()
    assert client.sized("EnumApplication", device).code == Sar.DEVICE_REMOVED


def test_what_is_not_there_cannot_be_opened(client, device, opened):
    handle = ctypes.c_void_p()
    slot = ctypes.byref(handle)
    assert client.call("OpenApplication", device, b"none", slot) == Sar.NO_APPLICATION
    assert client.call("OpenContainer", opened, b"none", slot) == Sar.FILE_MISSING
    assert client.call("OpenContainer", opened, None, slot) == Sar.INVALID_PARAMETER
    assert handle.value is None


def test_sixty_four_containers_are_listed(bench, client):
    half = sm2_half(Sm2Key.new(), certificate=b"none")
    names = [f"{number:064}" for number in range(64)]
    containers = [Container(name=name, kind=KeyKind.SM2, signing=half) for name in names]
    bench.make("key", application(*containers, most_containers=64))
    bench.plug()
    opened = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
    assert client.sized("EnumContainer", opened).code == Sar.BUFFER_TOO_SMALL
    told = client.sized("EnumContainer", opened, room=65 * 64 + 1)
    assert told.content.decode().split("\0")[:-2] == names
