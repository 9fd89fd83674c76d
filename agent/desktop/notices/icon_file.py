"""The pictures of notices as files that last, since a desktop may read one after the notice is out.

``python -m agent.desktop.notices.icon_file SEAL`` draws one: the agent itself need not load what draws.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from agent import __version__
from agent.certificates.days import CertificateStatus
from agent.ground import held_files
from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import RuntimeFolderError, ensure_runtime_folder, module_command

log = logging.getLogger(__name__)

DRAW_SECONDS = 20.0


def icon_file(seal: CertificateStatus) -> Path:
    """Return where the picture is, or will be."""
    suffix = "ico" if sys.platform == "win32" else "png"
    return ensure_runtime_folder() / f"notice-{seal}-{__version__}.{suffix}"


def drawn_icon(seal: CertificateStatus) -> Path | None:
    """Return the picture, drawn in this process if it is not there; None where a disk does not take it."""
    try:
        return _drawn(seal)
    except (OSError, RuntimeFolderError):
        return None


def _drawn(seal: CertificateStatus) -> Path:
    from agent.desktop.icon import draw_icon  # noqa: PLC0415 - takes memory

    file = icon_file(seal)
    if not file.exists():
        unfinished = file.with_stem(f".{file.stem}")
        draw_icon(seal, 0, size=128).save(unfinished)
        held_files.replace(unfinished, file)
    return file


async def ensure_icon(seal: CertificateStatus) -> Path | None:
    """Return the picture, drawn by another process if it is not there; None where that fails."""
    try:
        file = icon_file(seal)
    except RuntimeFolderError:  # as on a full disk
        return None
    if file.exists():
        return file
    process = await asyncio.create_subprocess_exec(
        *module_command("agent.desktop.notices.icon_file"),
        seal,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        creationflags=NO_CONSOLE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(DRAW_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
    return file if file.exists() else None


if __name__ == "__main__":
    drawn_icon(CertificateStatus(sys.argv[1]))
