"""Fonts with Chinese characters, as the windows and the letter need them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agent.checks.verdicts.desktop import Fonts
from agent.system.fonts import CHINESE_FAMILIES

_SECONDS = 10
_MACOS_FOLDER = Path("/System/Library/Fonts")
_MACOS_FILES = {"PingFang.ttc": "PingFang SC", "STHeiti Medium.ttc": "Heiti SC"}
"""What macOS brings along: the family of each file."""


def look_for_fonts() -> Fonts:
    """Return the families with simplified Chinese characters."""
    if sys.platform == "win32":
        return Fonts(system=sys.platform, families=_best_first(_listed_by_gdi()))
    if sys.platform == "darwin":
        found = (name for file, name in _MACOS_FILES.items() if (_MACOS_FOLDER / file).exists())
        return Fonts(system=sys.platform, families=tuple(found))
    has_screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return Fonts(has_screen=has_screen, families=_listed_by_fontconfig())


def _best_first(names: set[str]) -> tuple[str, ...]:
    """Return the families, the one that the windows use first."""
    used = [family for family in CHINESE_FAMILIES if family in names][:1]
    return (*used, *sorted(names.difference(used)))


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _GB2312_CHARSET = 134

    class _LogFont(ctypes.Structure):
        """LOGFONTW (wingdi.h)."""

        _fields_ = (
            ("numbers", wintypes.LONG * 5),
            ("styles", wintypes.BYTE * 3),
            ("character_set", ctypes.c_ubyte),
            ("ways", wintypes.BYTE * 4),
            ("family", wintypes.WCHAR * 32),
        )

    _Found = ctypes.WINFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(_LogFont), ctypes.c_void_p, wintypes.DWORD, wintypes.LPARAM
    )

    def _listed_by_gdi() -> set[str]:
        """Return the families that have the characters of GB 2312, by the names Windows has for them."""
        names: set[str] = set()

        def found(font: ctypes._Pointer[_LogFont], _metric: int, _type: int, _given: int) -> int:
            names.add(font.contents.family)
            return 1  # go on

        user32, gdi32 = ctypes.WinDLL("user32"), ctypes.WinDLL("gdi32")
        user32.GetDC.restype = wintypes.HDC
        user32.ReleaseDC.argtypes = (wintypes.HWND, wintypes.HDC)
        gdi32.EnumFontFamiliesExW.argtypes = (
            wintypes.HDC, ctypes.POINTER(_LogFont), _Found, wintypes.LPARAM, wintypes.DWORD,
        )  # fmt: skip
        screen = user32.GetDC(None)
        try:
            wanted = _LogFont(character_set=_GB2312_CHARSET)
            gdi32.EnumFontFamiliesExW(screen, ctypes.byref(wanted), _Found(found), 0, 0)
        finally:
            user32.ReleaseDC(None, screen)
        return {name for name in names if not name.startswith("@")}  # those are for vertical text


def _listed_by_fontconfig() -> tuple[str, ...] | None:
    """Return the families there are, the one that the windows use first."""
    listed = _said_by("fc-list", ":lang=zh-cn", "family")
    if listed is None:
        return None
    names = {line.split(",")[0].strip() for line in listed.splitlines()} - {""}
    if not names:
        return ()
    named = next((family for family in CHINESE_FAMILIES if family in names), None)
    used = named or (_said_by("fc-match", "-f", "%{family[0]}", ":lang=zh-cn") or "").strip()
    return (*filter(None, [used]), *sorted(names - {used}))


def _said_by(*command: str) -> str | None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
