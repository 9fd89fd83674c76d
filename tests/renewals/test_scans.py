"""Scans: what counts is the content, not the name, and it is looked at before the review does."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agent.renewals.scans import (
    MAX_PIXELS,
    ScanTooManyPixelsError,
    ScanUnreadableError,
    inspect_scan,
)

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}


def image(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options) -> bytes:
    """Return a picture with noise in it, so that every part of the file matters."""
    buffer = io.BytesIO()
    picture = Image.effect_noise(size, 80).convert(mode)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


WHOLE = {kind: image(kind) for kind in FORMATS}


def png_that_claims(width: int, height: int) -> bytes:
    """Return a small PNG whose header names a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_the_guides_formats_are_taken_and_named_by_content(kind):
    digest = inspect_scan(WHOLE[kind])
    assert digest.media_type == FORMATS[kind]
    assert digest.size == len(WHOLE[kind])
    assert digest.sha256 == hashlib.sha256(WHOLE[kind]).hexdigest()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "1", {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
        ("GIF", "P", {}),
        ("BMP", "1", {}),
    ],
)
def test_scanners_write_them_in_many_ways(kind, mode, options):
    assert inspect_scan(image(kind, mode=mode, **options)).media_type == FORMATS[kind]


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "PDF", "ICO", "PPM"])
def test_other_formats_are_refused(kind):
    with pytest.raises(ScanUnreadableError) as caught:
        inspect_scan(image(kind))
    assert caught.value.code == "scan_unreadable"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"BM",
        "这不是图片".encode(),
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><img></html>",
    ],
)
def test_text_and_mere_beginnings_are_refused(content):
    with pytest.raises(ScanUnreadableError):
        inspect_scan(content)


@settings(deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.floats(0, 0.98))
def test_a_truncated_image_is_refused(kind, part):
    content = WHOLE[kind]
    with pytest.raises(ScanUnreadableError):
        inspect_scan(content[: int(len(content) * part)])


def test_two_images_in_one_are_what_the_first_one_is():
    assert inspect_scan(WHOLE["PNG"] + WHOLE["JPEG"]).media_type == "image/png"


@pytest.mark.parametrize("size", [(30_000, 30_000), (65_535, 65_535), (2**31 - 1, 2), (8001, 8000)])
def test_a_decompression_bomb_is_refused_before_it_explodes(size):
    assert size[0] * size[1] > MAX_PIXELS
    with pytest.raises(ScanTooManyPixelsError) as caught:
        inspect_scan(png_that_claims(*size))
    assert caught.value.code == "scan_too_many_pixels"


def test_an_a4_page_at_600_dpi_is_no_bomb():
    assert inspect_scan(image("PNG", (4961, 7016), mode="1", compress_level=0)).size > 0


@settings(deadline=None)
@given(st.data())
@pytest.mark.filterwarnings("ignore")  # Pillow warns of odd metadata
def test_a_damaged_image_is_taken_or_refused_and_nothing_else(data):
    kind = data.draw(st.sampled_from(sorted(FORMATS)))
    content = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        digest = inspect_scan(bytes(content))
    except (ScanUnreadableError, ScanTooManyPixelsError):
        return
    assert digest.media_type in FORMATS.values()
