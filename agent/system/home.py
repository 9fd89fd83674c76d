"""Whether the user's folders take what the agent writes: seen to at its start, before anything is begun."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.system.ownership import take_back
from agent.system.paths import make_private

ROOM_BYTES = 256 * 1024
"""More than the journal, its side files and a page of the log take at a start."""


class HomeNotUsableError(OdcError):
    """A folder of the agent's is on a full or read-only disk, or is not the user's to write to."""

    code = "home_not_usable"
    sentence = mark("The agent cannot start: nothing can be written to {folder} ({reason}).")
    advice = mark(
        "Free some space on the disk, or have the folder made writable, and start the agent again. "
        "What was saved before is kept."
    )


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Say of what fails in the block that ``folder`` cannot be used; HomeNotUsableError."""
    try:
        yield
    except OSError as error:
        raise HomeNotUsableError(folder=str(folder), reason=reason_of(error)) from error


def see_to_folders(*folders: Path) -> list[str]:
    """Make the folders, or take them back from others, and see that they take a few files.

    Returns:
        What was mended, for the log, which is in one of them.

    Raises:
        HomeNotUsableError
    """
    mended = []
    for folder in folders:
        with writing_to(folder):
            mended += take_back(make_private(folder))
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(ROOM_BYTES))
    return mended
