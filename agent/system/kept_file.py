"""One small file of the agent's own: JSON, read once, replaced whole, laid aside where it is damaged."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.system.damage import DamagedError, Damages, read_whole
from agent.system.files import write_private

T = TypeVar("T")


class KeptFile(Generic[T]):
    """What is kept in a file; reading it never fails."""

    def __init__(
        self,
        file: Path,
        form: type[T],
        kind: type[DamagedError],
        damages: Damages | None = None,
    ) -> None:
        """Keep something of ``form`` in ``file``; ``kind`` says what it is where it is damaged."""
        self._file = file
        self._form = form
        self._kind = kind
        self._damages = damages or Damages()
        self._may_write = True

    def read(self) -> T | None:
        """Return what is kept; None where nothing is, or what is cannot be read."""
        try:
            return from_json(read_whole(self._file), self._form)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, msgspec.DecodeError) as error:
            self._may_write = self._damages.lay_aside(self._file, self._kind, error)
            return None

    def write(self, content: T) -> None:
        """Keep ``content`` in place of what was kept.

        Raises:
            OSError: the disk does not take it, or what is kept could neither be read nor laid aside.
        """
        if not self._may_write:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), os.fspath(self._file))
        write_private(self._file, msgspec.json.encode(content))

    def leave_alone(self) -> None:
        """Write nothing to it from now on: it is not ours to change."""
        self._may_write = False

    def remove(self) -> None:
        """Have nothing kept; OSError."""
        held_files.remove(self._file)
