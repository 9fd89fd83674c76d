"""SKF's structures, against the ones a C compiler lays out."""

from __future__ import annotations

import ctypes
import itertools
import secrets

import pytest
from gmalg.sm2 import SM2

from agent.keys.public_key import PublicKey
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.tokens.worker.skf.blobs import UNTOUCHED, BlobError, Layout

SHAPES = list(itertools.product((4, 8), (True, False)))
WIDTHS = pytest.mark.parametrize("width", [4, 8])


def structure(width: int, fields, *, is_packed: bool) -> type[ctypes.Structure]:
    """A structure as a compiler has it: with ULONG of so many bytes, packed or not."""
    ulong = ctypes.c_uint32 if width == 4 else ctypes.c_uint64
    members = {"_fields_": [(name, ulong if kind is None else kind) for name, kind in fields]}
    if is_packed:
        members["_pack_"] = 1
    return type("Made", (ctypes.Structure,), members)


def text(size: int):
    return ctypes.c_char * size


def octets(size: int):
    return ctypes.c_ubyte * size


DEVINFO = [
    ("version", octets(2)), ("manufacturer", text(64)), ("issuer", text(64)), ("label", text(32)),
    ("serial", text(32)), ("hardware", octets(2)), ("firmware", octets(2)), ("symmetric", None),
    ("asymmetric", None), ("hash", None), ("device_auth", None), ("total", None), ("free", None),
    ("ecc_buffer", None), ("buffer", None), ("reserved", octets(64)),
]  # fmt: skip
PUBLIC_KEY = [("bits", None), ("x", octets(64)), ("y", octets(64))]
CIPHER = [
    ("x", octets(64)), ("y", octets(64)), ("hash", octets(32)), ("size", None), ("text", octets(16)),
]  # fmt: skip


def pair() -> tuple[bytes, PublicKey]:
    private, point = SM2().generate_keypair()
    return bytes(private), PublicKey.from_point(bytes(point))


@pytest.mark.parametrize(("width", "is_packed"), SHAPES)
@pytest.mark.parametrize("writes", ["all of it", "fields alone"])
def test_a_device_tells_of_itself_whatever_way_its_library_was_compiled(width, is_packed, writes):
    layout = Layout(width)
    made = structure(width, DEVINFO, is_packed=is_packed)
    buffer = bytearray(UNTOUCHED * (layout.device_info_bytes + 16))
    info = made.from_buffer(buffer)
    if writes == "all of it":
        ctypes.memset(ctypes.addressof(info), 0, ctypes.sizeof(info))
    info.version[0] = 1
    info.version[1] = 0
    info.manufacturer, info.label, info.serial = b"Maker", "网证通".encode("gbk"), b"A" * 32
    info.symmetric, info.hash, info.asymmetric = 0x401, 1, 0x20100
    info.total, info.free = 65536, 40000
    info.ecc_buffer = info.buffer = info.device_auth = 0
    told = layout.device_info(bytes(buffer))
    assert (told.version, told.manufacturer, told.label) == (
        (1, 0),
        b"Maker",
        "网证通".encode("gbk"),
    )
    assert told.serial == b"A" * 32, "a field that is full has no NUL"
    assert told.issuer == b""
    assert (told.total_space, told.free_space) == (65536, 40000)


@pytest.mark.parametrize(("width", "is_packed"), SHAPES)
def test_a_public_key_is_read_from_the_right_end_of_its_fields(width, is_packed):
    _, public = pair()
    made = structure(width, PUBLIC_KEY, is_packed=is_packed)(bits=256)
    made.x[32:], made.y[32:] = public.bits[1:33], public.bits[33:]
    assert Layout(width).point(bytes(made)) == public.bits


@WIDTHS
@pytest.mark.parametrize("wrong", ["another width", "more before it", "bits", "left", "cut"])
def test_a_public_key_that_is_laid_out_otherwise_is_not_guessed_at(width, wrong):
    _, public = pair()
    made = structure(width, PUBLIC_KEY, is_packed=True)(bits=256 if wrong != "bits" else 384)
    place = slice(0, 32) if wrong == "left" else slice(32, 64)
    made.x[place], made.y[place] = public.bits[1:33], public.bits[33:]
    blob = bytes(made)
    if wrong == "more before it":  # AlgID, as drafts of the standard have it
        blob = bytes(width) + blob
    if wrong == "cut":
        blob = blob[:-1]
    with pytest.raises(BlobError):
        Layout(12 - width if wrong == "another width" else width).point(blob)


@pytest.mark.parametrize(("width", "is_packed"), SHAPES)
def test_an_imported_pair_has_each_part_where_a_compiler_has_it(width, is_packed):
    private, public = pair()
    _, recipient = pair()
    envelope = Sm2EnvelopedKey.made(private, public, recipient)
    fields = [
        ("version", None), ("algorithm", None), ("bits", None), ("private", octets(64)),
        ("public", structure(width, PUBLIC_KEY, is_packed=is_packed)),
        ("sealed", structure(width, CIPHER, is_packed=is_packed)),
    ]  # fmt: skip
    made = structure(width, fields, is_packed=is_packed)
    blob = Layout(width).enveloped_key(envelope)
    assert len(blob) == ctypes.sizeof(made)
    read = made.from_buffer_copy(blob)
    assert (read.version, read.algorithm, read.bits, read.public.bits) == (1, 0x401, 256, 256)
    assert bytes(read.private) == bytes(32) + envelope.encrypted, "at the right end"
    assert bytes(read.public.x) == bytes(32) + public.bits[1:33]
    assert bytes(read.public.y) == bytes(32) + public.bits[33:]
    cipher = envelope.sealed_key
    assert bytes(read.sealed.x) == bytes(32) + cipher.point[1:33]
    assert bytes(read.sealed.y) == bytes(32) + cipher.point[33:]
    assert bytes(read.sealed.hash) == cipher.digest
    assert (read.sealed.size, bytes(read.sealed.text)) == (16, cipher.text)


@WIDTHS
def test_a_longer_private_half_fills_its_field(width):
    _, public = pair()
    _, recipient = pair()
    envelope = Sm2EnvelopedKey.made(bytes(32) + secrets.token_bytes(32), public, recipient)
    blob = Layout(width).enveloped_key(envelope)
    assert blob[3 * width : 3 * width + 64] == envelope.encrypted


@pytest.mark.parametrize(("width", "is_packed"), SHAPES)
def test_the_parameters_of_a_block_cipher_are_as_long_as_a_compiler_has_them(width, is_packed):
    fields = [("iv", octets(32)), ("size", None), ("padding", None), ("feedback", None)]
    made = structure(width, fields, is_packed=is_packed)
    assert Layout(width).block_cipher_parameters() == bytes(ctypes.sizeof(made))


@pytest.mark.parametrize(("width", "is_packed"), SHAPES)
def test_a_modulus_is_found_at_whichever_end_it_stands(width, is_packed):
    fields = [
        ("algorithm", None), ("bits", None), ("modulus", octets(256)), ("exponent", octets(4))
    ]  # fmt: skip
    modulus = b"\x81" + secrets.token_bytes(126) + b"\x01"
    for place in (slice(0, 128), slice(128, 256), slice(0, 256)):
        made = structure(width, fields, is_packed=is_packed)(algorithm=0x10000, bits=1024)
        value = modulus if place != slice(0, 256) else modulus * 2
        made.modulus[place] = value
        made.exponent[1], made.exponent[3] = 1, 1
        assert Layout(width).is_rsa(bytes(made))
        assert Layout(width).rsa_numbers(bytes(made)) == (value, 65537)


def test_r_and_s_are_numbers_of_any_length():
    for r, s in ((1, 2**256 - 1), (2**255, 7)):
        assert Layout(4).signature(r.to_bytes(64, "big") + s.to_bytes(64, "big")) == (r, s)
