"""The fonts Chinese is shown in."""

from __future__ import annotations

CHINESE_FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei UI", "PingFang SC",
    "WenQuanYi Micro Hei",
)  # fmt: skip
"""Named, the best first, since fontconfig without a Chinese locale would take Japanese shapes."""
