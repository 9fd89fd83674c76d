"""Pictures for the tests, made here: whole ones, odd ones, and some that are meant to do harm."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageDraw

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.scans.model import limits_of

LIMITS = limits_of(Policy(authority="样例服务商"))
"""The guide's: jpg, png, gif, bmp under 1024 KB."""
ORIENTATION, GPS = 0x0112, 0x8825


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options) -> bytes:
    """Return a picture with noise in it, so that every part of the file matters."""
    return saved(Image.effect_noise(size, 80).convert(mode), kind, **options)


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def marked(size: tuple[int, int] = (80, 40), *, mode: str = "RGB") -> Image.Image:
    """Return white paper whose upper left corner is black."""
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="black")
    return picture.convert(mode)


def exif(**tags: int) -> Image.Exif:
    data = Image.Exif()
    data[ORIENTATION] = tags.get("orientation", 1)
    if "place" in tags:
        data[GPS] = {1: "N", 2: (22.0, 32.0, 0.0)}
    return data


def sixteen_bit_png(size: tuple[int, int] = (40, 40)) -> bytes:
    """Return a grey PNG of 16 bits, black at the left and white at the right."""
    width, height = size
    row = b"\0" + b"".join(struct.pack(">H", 65535 * x // (width - 1)) for x in range(width))
    return png(width, height, row * height, depth=16, colour=0)


def png(
    width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 0, more: bytes = b""
) -> bytes:
    """Return a PNG whose header and pixels are exactly these."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(pixels, 9))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def several(kind: str, count: int = 3) -> bytes:
    """Return a file of several pictures of different grey, the first one black."""
    frames = [Image.new("RGB", (30, 20), (80 * i,) * 3) for i in range(count)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def pdf(count: int = 1, size: tuple[int, int] = (595, 842)) -> bytes:
    """Return a PDF of white pages with a black corner."""
    pages = [marked(size) for _ in range(count)]
    return saved(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=72)
