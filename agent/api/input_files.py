"""Files that a client names, read on its person's behalf."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.ground import held_files
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import DocumentName

MAX_SCAN_BYTES = 32 * 1024 * 1024
"""A file larger than this is no scan; it is not even read."""


class FileUnreadableError(OdcError):
    """A file of the dossier cannot be read."""

    code = "file_unreadable"
    sentence = mark("The file {file} cannot be read: {reason}")
    advice = mark("Choose the file again.")


async def read_all(documents: dict[DocumentName, str]) -> dict[DocumentName, bytes]:
    """Return the files' contents; FileUnreadableError."""
    # A share that hangs must not hang the agent.
    return {
        name: await asyncio.to_thread(read_scan, Path(path)) for name, path in documents.items()
    }


def read_scan(file: Path) -> bytes:
    """Return what is in a file; FileUnreadableError."""
    try:
        if not file.is_file():
            raise FileUnreadableError(file=file.name, reason=mark("it is not a file"))
        with held_files.open_to_read(file) as stream:
            content = stream.read(MAX_SCAN_BYTES + 1)
    except OSError as error:
        raise FileUnreadableError(file=file.name, reason=error.strerror or str(error)) from error
    if len(content) > MAX_SCAN_BYTES:
        raise FileUnreadableError(file=file.name, reason=mark("it is too large for a scan"))
    return content
