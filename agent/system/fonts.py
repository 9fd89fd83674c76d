"""The fonts Chinese is shown in, and how a system that has none gets one."""

from __future__ import annotations

import sys

from agent.ground.language import mark

CHINESE_FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei UI", "PingFang SC",
    "WenQuanYi Micro Hei",
)  # fmt: skip
"""Named, the best first, since fontconfig without a Chinese locale would take Japanese shapes."""

_ADVICE = {
    "linux": mark("Install one, such as Noto Sans CJK (Debian: fonts-noto-cjk), and log in anew."),
    "win32": mark(
        "In the settings of Windows add the optional feature Chinese (Simplified) Supplemental Fonts, and "
        "log in anew."
    ),
    "darwin": mark("Restore PingFang in Font Book, and log in anew."),
}


def font_advice(system: str = sys.platform) -> str:
    """Return what to do where no font has Chinese characters: a sentence to be translated."""
    return _ADVICE.get(system, _ADVICE["linux"])
