"""What power cuts, repairs and mistakes leave in the place of a file."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path


def zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size or 8192))


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def nothing(file: Path) -> None:
    file.write_bytes(b"")


def noise(file: Path) -> None:
    file.write_bytes(random.Random(file.name).randbytes(file.stat().st_size or 8192))


def other_json(file: Path) -> None:
    file.write_bytes(b'{"version": "?", "deep": ' + b"[" * 3000 + b"]" * 3000 + b"}")


def folder(file: Path) -> None:
    file.unlink()
    (file / "in it").mkdir(parents=True)


def unreadable(file: Path) -> None:
    """To root, too: a link to itself."""
    file.unlink()
    file.symlink_to(file.name)


def dangling(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGES: tuple[Callable[[Path], None], ...] = (
    zeros, half, nothing, noise, other_json, folder, unreadable, dangling, pipe,
)  # fmt: skip
