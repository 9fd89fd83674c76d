"""Writing files so that a kill or a full disk never leaves half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from agent.paths import make_private


def write_private(file: Path, content: bytes) -> None:
    """Replace ``file`` by ``content`` at once, readable by this user only."""
    make_private(file.parent)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
