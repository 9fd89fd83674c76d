"""Windows' way of replacing a file that others have open (SetFileInformationByHandle, FileRenameInfoEx).

Since Windows 10 1607, on NTFS. The plain call replaces no file that anybody has open at all.
"""

from __future__ import annotations

import ctypes
import sys

_RENAME_INFO_EX = 22  # FileRenameInfoEx of FILE_INFO_BY_HANDLE_CLASS
_REPLACE_IF_EXISTS, _POSIX_SEMANTICS = 0x1, 0x2


class _Head(ctypes.Structure):
    """FILE_RENAME_INFO up to its last member, the name."""

    _fields_ = (
        ("Flags", ctypes.c_uint32),
        ("RootDirectory", ctypes.c_void_p),
        ("FileNameLength", ctypes.c_uint32),
    )


_NAME_AT = _Head.FileNameLength.offset + _Head.FileNameLength.size


def rename_information(target: str) -> bytes:
    """Return FILE_RENAME_INFO for a whole path."""
    name = target.encode("utf-16-le")
    head = _Head(_REPLACE_IF_EXISTS | _POSIX_SEMANTICS, None, len(name))
    # The end of the name is no part of its length, and has to be there.
    return bytes(head)[:_NAME_AT] + name + b"\0\0"


if sys.platform == "win32":

    def rename_over(handle: int, target: str) -> bool:
        """Rename the open file; say whether that was done.

        Args:
            handle: of the file, opened with the right to delete it.
            target: a whole path.
        """
        kernel = ctypes.WinDLL("kernel32")
        information = rename_information(target)
        done = kernel.SetFileInformationByHandle(
            ctypes.c_void_p(handle), _RENAME_INFO_EX, information, len(information)
        )
        return bool(done)
