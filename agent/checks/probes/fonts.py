"""Fonts with Chinese characters, as the windows and the letter need them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agent.checks.verdicts.desktop import Fonts
from agent.system.fonts import CHINESE_FAMILIES

_SECONDS = 10
_OWN = {
    "win32": (
        Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "Fonts"),
        ("msyh.ttc", "simsun.ttc"),
    ),
    "darwin": (Path("/System/Library/Fonts"), ("PingFang.ttc", "STHeiti Medium.ttc")),
}
"""What Windows and macOS bring along: the folder, and the file of each family."""


def look_for_fonts() -> Fonts:
    """Return the families with simplified Chinese characters."""
    if sys.platform in _OWN:
        folder, files = _OWN[sys.platform]
        return Fonts(families=tuple(name for name in files if (folder / name).exists()))
    has_screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return Fonts(has_screen=has_screen, families=_listed_by_fontconfig())


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
