"""Finding a Chinese font of the system whose glyphs are embedded: the letter then reads everywhere.

None is shipped: a Chinese font has ten megabytes and more, and every desktop that shows Chinese has
one. Only the glyphs that are used go into the file.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from agent.ground.errors import OdcError
from agent.ground.language import mark

_SECONDS = 20
_SUFFIXES = {".ttf", ".ttc", ".otf", ".otc"}
# Song (serif) first, as letters are printed; then what else a system may have.
_FAMILIES = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "SimSun",
    "AR PL UMing CN",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
_WINDOWS_FILES = (("simsun.ttc", "SimSun"), ("simfang.ttf", ""), ("msyh.ttc", "Microsoft YaHei"))
_MACOS_FILES = (
    ("/System/Library/Fonts/Supplemental/Songti.ttc", "Songti SC Regular"),
    ("/System/Library/Fonts/STHeiti Light.ttc", "Heiti SC Light"),
    ("/System/Library/Fonts/Hiragino Sans GB.ttc", "Hiragino Sans GB W3"),
)


class FontMissingError(OdcError):
    """No font of this system can set the letter."""

    code = "font_missing"
    sentence = mark("No font on this computer has the characters {characters}.")
    advice = mark("Export the letter as DOCX, or install a Chinese font such as Noto Serif CJK.")


class Font(msgspec.Struct, frozen=True):
    """One face of a font file."""

    file: Path
    number: int
    """Its place in a collection."""


def find_font(characters: frozenset[str]) -> Font:
    """Return the first of the system's Chinese fonts that has all ``characters``.

    Raises:
        FontMissingError: names those that the best one lacks.
    """
    missing = characters
    for font in _candidates():
        lacking = characters - _characters_of(font)
        if not lacking:
            return font
        missing = min(missing, lacking, key=len)
    raise FontMissingError(characters="".join(sorted(missing))[:20])


def _characters_of(font: Font) -> frozenset[str]:
    # A font may be damaged, or be none: then it has no characters.
    try:
        with (
            font.file.open("rb") as stream,
            TTFont(stream, fontNumber=font.number, lazy=True) as face,
        ):
            return frozenset(map(chr, face.getBestCmap() or ()))
    except (OSError, TTLibError):
        return frozenset()


def _candidates() -> Iterator[Font]:
    if sys.platform == "win32":
        folder = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "Fonts"
        yield from _faces((folder / name, face) for name, face in _WINDOWS_FILES)
    elif sys.platform == "darwin":
        yield from _faces((Path(name), face) for name, face in _MACOS_FILES)
    else:
        yield from _listed_by_fontconfig()


def _faces(files: Iterator[tuple[Path, str]]) -> Iterator[Font]:
    """Yield the named face of each file that is there; the first one where the name is not."""
    for file, name in files:
        if file.exists():
            yield Font(file, _number_of(file, name))


def _number_of(file: Path, name: str) -> int:
    if file.suffix != ".ttc":
        return 0
    with (
        contextlib.suppress(OSError, TTLibError),
        file.open("rb") as stream,
        TTCollection(stream, lazy=True) as collection,
    ):
        names = [face["name"].getDebugName(4) for face in collection.fonts]
        return names.index(name) if name in names else 0
    return 0


def _listed_by_fontconfig() -> Iterator[Font]:
    """Yield what fontconfig knows for Chinese, the families we like best first, Regular before Bold."""
    command = ["fc-list", ":lang=zh-cn", "--format", "%{file}\t%{index}\t%{family}\t%{style}\n"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return
    listed = sorted(
        (_rank(family, style), file, int(index) & 0xFFFF)  # above it: a variable font's instance
        for file, index, family, style in _fields(done.stdout.decode("utf-8", "replace"))
    )
    for _, file, number in listed:
        yield Font(Path(file), number)


def _fields(listing: str) -> Iterator[list[str]]:
    for line in listing.splitlines():
        fields = line.split("\t")
        if len(fields) == 4 and Path(fields[0]).suffix.lower() in _SUFFIXES:
            yield fields


def _rank(family: str, style: str) -> tuple[int, bool]:
    names = family.split(",")
    place = next((i for i, name in enumerate(_FAMILIES) if name in names), len(_FAMILIES))
    return place, "Regular" not in style
