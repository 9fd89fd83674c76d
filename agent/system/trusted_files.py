"""Files that say what the agent does and loads: nobody but this user and root may write them."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

from agent.ground.language import mark
from agent.system.runtime import data_path, home_path

_GROUP, _OTHERS = 0o020, 0o002


class UntrustedFileError(ValueError):
    """Another user may have written it; the text is a marked sentence that says why."""


def see_to_writers(file: Path) -> None:
    """See that nobody but this user and root may write ``file``, or put another one in its place.

    What is this user's is mended; a file system that keeps no modes, or no owners, has to be taken as it is.
    On Windows the user's profile has its own access list, and everybody may make files where the
    administrator's policy is: there it counts whose they are.

    Raises:
        OSError: it is not there.
        UntrustedFileError: it is another user's, or root lets everybody write it.
    """
    if sys.platform == "win32" and _is_in_profile(file):
        return
    for path in (file, file.parent):
        _see_to_writers(path)


if sys.platform == "win32":

    def _is_in_profile(file: Path) -> bool:
        own = os.path.normcase(home_path() or data_path())
        return os.path.normcase(file).startswith(f"{own}{os.sep}")

    def _see_to_writers(path: Path) -> None:
        from agent.system.owners import is_strangers  # noqa: PLC0415 - loads ctypes, mostly for nothing

        if is_strangers(path):
            raise UntrustedFileError(mark("it belongs to another user of this computer"))

else:

    def _see_to_writers(path: Path) -> None:
        status = path.stat()  # of what a link leads to, which is what is read
        is_ours, is_roots = status.st_uid == os.getuid(), status.st_uid == 0
        if not (is_ours or is_roots):
            raise UntrustedFileError(mark("it belongs to another user of this computer"))
        mode = stat.S_IMODE(status.st_mode)
        if is_ours and mode & (_GROUP | _OTHERS):
            _log_mending(path, mode)
            with contextlib.suppress(OSError):
                path.chmod(mode & ~(_GROUP | _OTHERS))
        elif mode & _OTHERS and not mode & stat.S_ISVTX:  # which group may is for root to say
            raise UntrustedFileError(mark("every user of this computer may write to it"))

    def _log_mending(path: Path, mode: int) -> None:
        import logging  # noqa: PLC0415 - every command reads the configuration, next to none has this to say

        log = logging.getLogger(__name__)
        log.warning("others could write it path=%s mode=%o", path, mode)
