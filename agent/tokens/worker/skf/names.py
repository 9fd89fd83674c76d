"""Lists of names as SKF functions give them. Pure.

A name is bytes: the standard wants UTF-8, and there are tokens with GBK.
"""

from __future__ import annotations

MAX_NAMES = 256
"""More than any token has containers."""
_NOTHING_MORE = bytes(256)
"""More than lies between two names, also in fields of a fixed length."""


class EndlessListError(ValueError):
    """A list has more names than there can be."""


def end_of(listed: bytes | bytearray, told: int) -> int:
    """Return where a list ends in a buffer that held zeros, which are not walked through byte by byte.

    Args:
        listed: the buffer.
        told: where it ends as the library has it, believed if nothing follows. That may be short of the
            last NULs, nothing, or the buffer's size.
    """
    if told < len(listed) and listed.startswith(_NOTHING_MORE, told):
        return told
    end = listed.find(_NOTHING_MORE)
    return len(listed) if end < 0 else end


def split(listed: bytes) -> list[bytes]:
    """Return the names of a list, each once.

    Each ends with a NUL, the list with another (GM/T 0016, 7.1.3): some libraries leave out the last
    one or both, or write more. None at all is a list of NULs or of nothing.

    Raises:
        EndlessListError: there are more than ``MAX_NAMES``.
    """
    names = list(dict.fromkeys(filter(None, listed.split(b"\0"))))
    if len(names) > MAX_NAMES:
        raise EndlessListError
    return names
