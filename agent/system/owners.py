"""Whose a file is on Windows, and folders in which administrators alone make any (Access Control, Win32).

Everybody may make files and folders in ``%ProgramData%``, and whoever made one may do anything with it.
"""

from __future__ import annotations

import re
import sys

_EVERYBODYS = "S-1-1-0"
"""Whose all files are where the file system knows no owners (FAT)."""
_ADMINISTRATORS = re.compile(
    r"S-1-5-18"  # the system
    r"|S-1-5-32-544"  # the group of administrators, whose is what one of them makes
    r"|S-1-5-21-[\d-]+-(500|512)"  # the first administrator, a domain's administrators
    r"|S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"  # TrustedInstaller
)
"""Security identifiers (Well-known SIDs, Win32 API)."""


def is_administrators(owner: str) -> bool:
    """Return whether what belongs to ``owner`` is as an administrator, or the file system, will have it."""
    return owner == _EVERYBODYS or _ADMINISTRATORS.fullmatch(owner) is not None


if sys.platform == "win32":
    import ctypes
    import os
    from ctypes import wintypes

    from agent.system.pipes.identities import SDDL_REVISION_1, own_sid

    _FILE_OBJECT = 1
    _OWNER, _LIST = 1, 4  # OWNER_SECURITY_INFORMATION, DACL_SECURITY_INFORMATION
    _READ_BY_ALL = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
    """Nothing inherited; system and administrators may do everything, users read (SDDL)."""
    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
    _kernel32.LocalFree.argtypes = (ctypes.c_void_p,)
    _kernel32.LocalFree.restype = ctypes.c_void_p
    _advapi32.GetNamedSecurityInfoW.argtypes = (
        wintypes.LPCWSTR, ctypes.c_int, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p),
    )  # fmt: skip
    _advapi32.ConvertSidToStringSidW.argtypes = (ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))
    _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
        wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
    )  # fmt: skip
    _advapi32.SetFileSecurityW.argtypes = (wintypes.LPCWSTR, wintypes.DWORD, ctypes.c_void_p)

    def is_strangers(path: str | os.PathLike[str]) -> bool:
        """Return whether a file or folder is neither this user's nor administrators'; OSError."""
        owner = owner_of(path)
        return not is_administrators(owner) and owner != own_sid()

    def owner_of(path: str | os.PathLike[str]) -> str:
        """Return the security identifier of a file's or folder's owner; OSError."""
        sid, descriptor, text = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        error = _advapi32.GetNamedSecurityInfoW(
            os.fspath(path), _FILE_OBJECT, _OWNER, ctypes.byref(sid), None, None, None,
            ctypes.byref(descriptor),
        )  # fmt: skip
        if error:
            raise ctypes.WinError(error)
        try:
            if not sid.value:
                return _EVERYBODYS
            _check(_advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)))
            return ctypes.wstring_at(text.value or 0)
        finally:
            _kernel32.LocalFree(text)
            _kernel32.LocalFree(descriptor)

    def close_to_users(folder: str | os.PathLike[str]) -> None:
        """Have administrators alone make and change what is in a folder, and everybody read it; OSError."""
        descriptor = ctypes.c_void_p()
        convert = _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW
        _check(convert(_READ_BY_ALL, SDDL_REVISION_1, ctypes.byref(descriptor), None))
        try:
            _check(_advapi32.SetFileSecurityW(os.fspath(folder), _LIST, descriptor))
        finally:
            _kernel32.LocalFree(descriptor)

    def _check(succeeded: int) -> None:
        if not succeeded:
            raise ctypes.WinError(ctypes.get_last_error())
