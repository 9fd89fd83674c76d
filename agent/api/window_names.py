"""The windows there are. Nothing else here: every command of the command line imports it."""

from __future__ import annotations

from typing import Literal, get_args

WindowName = Literal[
    "main",
    "renew",
    "pin",
    "check",
    "consent",
    "about",
    "settings",
    "help",
    "sites",
    "sign",
    "token_use",
]
WINDOW_NAMES: tuple[str, ...] = get_args(WindowName)
