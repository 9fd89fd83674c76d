"""Fonts with Chinese characters, as the windows and the letter need them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agent.checks.verdicts.desktop import Fonts

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
    try:
        done = subprocess.run(
            ["fc-list", ":lang=zh-cn", "family"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    names = (
        line.split(",")[0].strip() for line in done.stdout.decode("utf-8", "replace").splitlines()
    )
    return tuple(sorted(filter(None, names)))
