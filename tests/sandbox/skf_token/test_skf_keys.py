"""Keys: made inside, imported sealed to the pair that signs, proved by a session key; in every shape."""

from __future__ import annotations

import ctypes
import secrets
from dataclasses import replace

import pytest
from certificate_maker import ec_key, rsa_key
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from skf_bench import PIN, application, rsa_container
from skf_client import SM2_1, SM4_CBC, SM4_ECB, USER, right
from sm2_key import ORDER, Sm2Key

from agent.keys import sm2
from agent.keys.public_key import PublicKey
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from sandbox.skf_token.codes import KeyKind, Sar

DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
BLOCKS = bytes(range(32))


@pytest.fixture(scope="module")
def sm2_pair() -> Sm2Key:
    return Sm2Key.new()


@pytest.fixture
def opened(bench, client) -> int:
    """An application whose user is logged in."""
    bench.make("key", application(rsa_container()))
    bench.plug()
    opened = client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    return opened


@pytest.fixture
def made(client, opened) -> tuple[int, bytes]:
    """A new container with a pair of SM2: its handle, and the pair's point."""
    handle = client.handle("CreateContainer", opened, b"new")
    blob = client.public_key()
    assert client.call("GenECCKeyPair", handle, SM2_1, ctypes.byref(blob)) == 0
    return handle, b"\4" + bytes(blob.x)[32:] + bytes(blob.y)[32:]


def envelope(client, pair: Sm2Key, recipient: bytes):
    """Return ENVELOPEDKEYBLOB as the facts have it: what is encrypted stands at the end of its field."""
    made = Sm2EnvelopedKey.made(pair.private, pair.public, PublicKey.from_point(recipient))
    x, y = sm2.coordinates(made.sealed_key.point)
    blob = client.enveloped(version=1, algorithm=SM4_ECB, bits=256)
    blob.private[:] = right(made.encrypted)
    blob.public.bits = 256
    blob.public.x[:], blob.public.y[:] = right(pair.point[1:33]), right(pair.point[33:])
    blob.cipher.x[:], blob.cipher.y[:] = right(x.to_bytes(32, "big")), right(y.to_bytes(32, "big"))
    blob.cipher.hash[:], blob.cipher.size = made.sealed_key.digest, 16
    blob.cipher.cipher[:] = made.sealed_key.text
    return blob


def wrapped(client, point: bytes, key: bytes):
    """Return a session key sealed to a point: ECCCIPHERBLOB."""
    sealed = sm2.encrypt(point, key)
    blob = client.cipher(len(key))(size=len(key))
    blob.x[:], blob.y[:] = (right(number.to_bytes(32, "big")) for number in (sealed.x, sealed.y))
    blob.hash[:], blob.cipher[:] = sealed.digest, sealed.text
    return blob


def session(client, handle, blob, algorithm=SM4_ECB):
    size = ctypes.sizeof(blob)
    return client.numbers("ImportSessionKey", handle, algorithm, ctypes.byref(blob), size)


def encrypts_as(client, key_handle: int, key: bytes, mode=None) -> bool:
    """Return whether the token encrypts as software does with that key, and decrypts that."""
    parameters = client.parameters(iv_size=16)
    parameters.iv[:16] = range(16)
    cipher = Cipher(algorithms.SM4(key), mode or modes.ECB()).encryptor()
    expected = cipher.update(BLOCKS) + cipher.finalize()
    assert client.call("EncryptInit", key_handle, parameters) == 0
    is_same = client.sized("Encrypt", key_handle, BLOCKS, 32).content == expected
    assert client.call("DecryptInit", key_handle, parameters) == 0
    return is_same and client.sized("Decrypt", key_handle, expected, 32).content == BLOCKS


def signed(client, handle) -> bytes:
    """Return a signature over BLOCKS as DER; r and s have 64 bytes each in every shape."""
    blob = ctypes.create_string_buffer(128)
    assert client.call("ECCSignData", handle, BLOCKS, 32, blob) == 0
    halves = blob.raw[:64], blob.raw[64:]
    return encode_dss_signature(*(int.from_bytes(half, "big") for half in halves))


def test_a_pair_made_inside_signs_a_digest(client, made):
    handle, point = made
    assert sm2.is_signed(point, BLOCKS, signed(client, handle))
    blob = ctypes.create_string_buffer(128)
    assert client.call("ECCSignData", handle, BLOCKS, 31, blob) == Sar.DATA_LENGTH


def test_a_pair_is_on_disk_once_it_is_told(bench, client, made):
    _, point = made
    container = bench.on_disk().applications[0].containers[-1]
    assert (container.name, container.kind) == ("new", KeyKind.SM2)
    assert container.signing.public == point


def test_other_algorithms_are_refused(client, opened):
    handle = client.handle("CreateContainer", opened, b"other")
    blob = ctypes.byref(client.public_key())
    assert client.call("GenECCKeyPair", handle, 0x20200, blob) == Sar.INVALID_PARAMETER


def test_an_encryption_pair_is_taken_that_is_sealed_to_the_pair_that_signs(client, made, sm2_pair):
    handle, point = made
    assert (
        client.call("ImportECCKeyPair", handle, ctypes.byref(envelope(client, sm2_pair, point)))
        == 0
    )
    exported = client.public_key.from_buffer_copy(
        client.sized("ExportPublicKey", handle, 0).content
    )
    assert bytes(exported.x)[32:] + bytes(exported.y)[32:] == sm2_pair.point[1:]
    key = secrets.token_bytes(16)
    told = session(client, handle, wrapped(client, sm2_pair.point, key))
    assert told.code == 0
    assert encrypts_as(client, told.values[0], key)
    assert client.call("CloseHandle", told.values[0]) == 0
    assert client.call("CloseHandle", told.values[0]) == Sar.INVALID_HANDLE


def test_a_session_key_chains_blocks(client, made, sm2_pair):
    handle, point = made
    client.call("ImportECCKeyPair", handle, ctypes.byref(envelope(client, sm2_pair, point)))
    key = secrets.token_bytes(16)
    told = session(client, handle, wrapped(client, sm2_pair.point, key), SM4_CBC)
    assert encrypts_as(client, told.values[0], key, modes.CBC(bytes(range(16))))


def test_a_session_key_for_another_pair_is_refused(client, made, sm2_pair):
    handle, point = made
    blob = wrapped(client, sm2_pair.point, bytes(16))
    assert session(client, handle, blob).code == Sar.KEY_NOT_FOUND
    client.call("ImportECCKeyPair", handle, ctypes.byref(envelope(client, sm2_pair, point)))
    assert session(client, handle, wrapped(client, point, bytes(16))).code == Sar.DATA
    assert session(client, handle, blob, algorithm=0x101).code == Sar.NOT_SUPPORTED
    short = client.cipher(1)(size=16)
    assert session(client, handle, short).code == Sar.DATA_LENGTH


def test_a_pair_sealed_to_another_key_is_refused(client, made, sm2_pair):
    handle, _ = made
    other = envelope(client, sm2_pair, Sm2Key.new().point)
    assert client.call("ImportECCKeyPair", handle, ctypes.byref(other)) == Sar.DATA


def test_a_private_half_at_the_wrong_end_of_its_field_is_refused(client, made, sm2_pair):
    handle, point = made
    blob = envelope(client, sm2_pair, point)
    blob.private[:] = (*blob.private[32:], *bytes(32))
    assert client.call("ImportECCKeyPair", handle, ctypes.byref(blob)) == Sar.DATA


def test_a_size_that_no_blob_has_is_refused_before_anything_is_read(client, made, sm2_pair):
    handle, point = made
    blob = envelope(client, sm2_pair, point)
    blob.cipher.size = 1 << 30
    assert client.call("ImportECCKeyPair", handle, ctypes.byref(blob)) == Sar.DATA_LENGTH


def test_an_encryption_pair_before_the_pair_that_signs_is_refused(client, opened, sm2_pair):
    handle = client.handle("CreateContainer", opened, b"empty")
    blob = ctypes.byref(envelope(client, sm2_pair, sm2_pair.point))
    assert client.call("ImportECCKeyPair", handle, blob) == Sar.KEY_NOT_FOUND


def test_rsa_made_inside_signs_a_digest_info(client, opened):
    handle = client.handle("CreateContainer", opened, b"new RSA")
    blob = client.rsa_public_key()
    assert client.call("GenRSAKeyPair", handle, 1000, ctypes.byref(blob)) == Sar.MODULUS_LENGTH
    assert client.call("GenRSAKeyPair", handle, 2048, ctypes.byref(blob)) == 0
    numbers = RSAPublicNumbers(65537, int.from_bytes(bytes(blob.modulus), "big"))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(BLOCKS)
    info = DIGEST_INFO_SHA256 + digest.finalize()
    signature = client.sized("RSASignData", handle, info, len(info)).content
    numbers.public_key().verify(signature, BLOCKS, padding.PKCS1v15(), hashes.SHA256())
    assert client.call("GenECCKeyPair", handle, SM2_1, None) == Sar.KEY_USAGE


def import_rsa(client, handle: int, der: bytes, key: bytes) -> int:
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    encrypted = encryptor.update(der + bytes(-len(der) % 16))
    wrapped_key = rsa_key("RSA signing").public_key().encrypt(key, padding.PKCS1v15())
    return client.call(
        "ImportRSAKeyPair", handle, SM4_ECB, wrapped_key, 256, encrypted, len(encrypted)
    )


def test_an_rsa_pair_is_imported_and_opens_a_session_key(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"RSA")
    key, new = secrets.token_bytes(16), rsa_key("imported")
    der = new.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert import_rsa(client, handle, der, key) == 0
    session_key = new.public_key().encrypt(key, padding.PKCS1v15())
    opened_key = client.numbers("ImportSessionKey", handle, SM4_ECB, session_key, 256)
    assert encrypts_as(client, opened_key.values[0], key)


def test_what_is_no_rsa_key_is_refused_and_the_token_goes_on(bench, client, opened):
    """Keys cryptography refuses each in a way of its own: with a password, of a curve unknown to it."""
    handle = client.handle("OpenContainer", opened, b"RSA")
    before = bench.on_disk()
    with_password = rsa_key("imported").private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    for der in (
        with_password,
        Sm2Key.new().pkcs8,
        ec_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        b"\0" * 32,
        b"noise",
    ):
        assert import_rsa(client, handle, der, secrets.token_bytes(16)) == Sar.DATA
    assert bench.on_disk() == before


@pytest.mark.parametrize("number", [0, 1, ORDER - 1, ORDER, ORDER + 1, (1 << 256) - 1])
def test_a_number_that_is_not_the_pairs_is_refused_and_the_token_goes_on(
    bench, client, made, sm2_pair, number
):
    """The order's multiple of the base point is the one at infinity, which has no coordinates."""
    handle, point = made
    before = bench.on_disk()
    twisted = replace(sm2_pair, private=number.to_bytes(32, "big"))
    blob = ctypes.byref(envelope(client, twisted, point))
    assert client.call("ImportECCKeyPair", handle, blob) == Sar.DATA
    assert bench.on_disk() == before


def test_nothing_is_made_or_destroyed_without_the_pin(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"RSA")
    before = bench.on_disk()
    client.call("ClearSecureState", opened)
    blob, slot = ctypes.create_string_buffer(1024), ctypes.byref(ctypes.c_void_p())
    for name, *arguments in (
        ("CreateContainer", opened, b"x", slot),
        ("DeleteContainer", opened, b"RSA"),
        ("GenRSAKeyPair", handle, 2048, blob),
        ("GenECCKeyPair", handle, SM2_1, blob),
        ("ImportCertificate", handle, 1, b"certificate", 11),
        ("RSASignData", handle, b"x", 1, blob, slot),
        ("ECCSignData", handle, BLOCKS, 32, blob),
        ("ImportSessionKey", handle, SM4_ECB, bytes(256), 256, slot),
        ("ImportRSAKeyPair", handle, SM4_ECB, bytes(256), 256, bytes(16), 16),
    ):
        assert client.call(name, *arguments) == Sar.NOT_LOGGED_IN, name
    assert bench.on_disk() == before


def test_a_container_goes_with_all_that_is_in_it(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"RSA")
    assert client.call("DeleteContainer", opened, b"RSA") == 0
    assert bench.on_disk().applications[0].containers == []
    assert client.numbers("GetContainerType", handle).code == Sar.INVALID_HANDLE


def test_a_certificate_is_written_whatever_it_is(bench, client, opened):
    handle = client.handle("OpenContainer", opened, b"RSA")
    assert client.call("ImportCertificate", handle, 0, b"no certificate", 14) == 0
    assert client.sized("ExportCertificate", handle, 0).content == b"no certificate"
    assert client.call("ImportCertificate", handle, 0, b"", 0) == Sar.DATA_LENGTH


@pytest.mark.parametrize(
    ("name", "code"),
    [(b"", Sar.NAME_LENGTH), (b"n" * 65, Sar.NAME_LENGTH), (b"RSA", Sar.FILE_EXISTS)],
)
def test_a_name_is_one_to_sixty_four_bytes_and_new(client, opened, name, code):
    slot = ctypes.c_void_p()
    assert client.call("CreateContainer", opened, name, ctypes.byref(slot)) == code
    assert client.handle("CreateContainer", opened, b"n" * 64)


def test_there_are_so_many_containers_and_no_more(bench, client):
    bench.make("small", application(most_containers=2))
    bench.plug("small")
    opened = client.handle("OpenApplication", client.handle("ConnectDev", b"small"), b"ODC")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    for name in (b"1", b"2"):
        client.handle("CreateContainer", opened, name)
    slot = ctypes.byref(ctypes.c_void_p())
    assert client.call("CreateContainer", opened, b"3", slot) == Sar.MOST_CONTAINERS


def test_a_full_token_says_so_and_keeps_what_it_has(bench, client):
    bench.make("small", application(), total_bytes=2000)
    bench.plug("small")
    device = client.handle("ConnectDev", b"small")
    opened = client.handle("OpenApplication", device, b"ODC")
    client.numbers("VerifyPIN", opened, USER, PIN.encode())
    handle = client.handle("CreateContainer", opened, b"1")
    before = bench.on_disk("small")
    assert client.call("ImportCertificate", handle, 1, bytes(1900), 1900) == Sar.NO_ROOM
    assert bench.on_disk("small") == before
    assert client.call("ImportCertificate", handle, 1, bytes(1700), 1700) == 0
    slot = ctypes.byref(ctypes.c_void_p())
    assert client.call("CreateContainer", opened, b"2", slot) == Sar.NO_ROOM
