"""Who runs a process on Windows, and what keeps others from a pipe, by ctypes.

Documented in "Named Pipe Security and Access Rights" (Win32 API). An installed program has the first three
built in (``installer/windows/launchers/peers.h``): a browser waits for its host, and loading ctypes takes as
long as starting the interpreter.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import os
    from collections.abc import Iterator
    from contextlib import contextmanager
    from ctypes import wintypes

    SDDL_REVISION_1 = 1
    TOKEN_QUERY = 0x0008
    TOKEN_USER = 1
    PROCESS_QUERY_LIMITED_INFORMATION = 0x1000

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
    # Handles and pointers are wider than ctypes takes a plain number for.
    _kernel32.OpenProcess.restype = wintypes.HANDLE
    _kernel32.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
    _kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
    _kernel32.LocalFree.argtypes = (ctypes.c_void_p,)
    _kernel32.LocalFree.restype = ctypes.c_void_p
    for _name in ("GetNamedPipeClientProcessId", "GetNamedPipeServerProcessId"):
        _pid_of = getattr(_kernel32, _name)
        _pid_of.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.ULONG))
    _advapi32.OpenProcessToken.argtypes = (
        wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE),
    )  # fmt: skip
    _advapi32.GetTokenInformation.argtypes = (
        wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD),
    )  # fmt: skip
    _advapi32.ConvertSidToStringSidW.argtypes = (
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p),
    )  # fmt: skip
    _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
        wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
    )  # fmt: skip

    class _SecurityAttributes(ctypes.Structure):
        _fields_ = (
            ("length", wintypes.DWORD),
            ("descriptor", ctypes.c_void_p),
            ("inherit", wintypes.BOOL),
        )

    def own_sid() -> str:
        """Return the user of this process."""
        return _sid_of_process(os.getpid())

    def client_sid(handle: int) -> str:
        """Return the user at a pipe's client end; OSError."""
        return _sid_at_end(_kernel32.GetNamedPipeClientProcessId, handle)

    def server_sid(handle: int) -> str:
        """Return the user at a pipe's server end; OSError."""
        return _sid_at_end(_kernel32.GetNamedPipeServerProcessId, handle)

    @contextmanager
    def attributes_for(sid: str) -> Iterator[int]:
        """Give the address of SECURITY_ATTRIBUTES whose one entry lets ``sid`` do everything."""
        descriptor = _descriptor(sid)
        try:
            size = ctypes.sizeof(_SecurityAttributes)
            attributes = _SecurityAttributes(size, descriptor, False)
            yield ctypes.addressof(attributes)
        finally:
            _kernel32.LocalFree(descriptor)

    def _check(succeeded: int) -> None:
        if not succeeded:
            raise ctypes.WinError(ctypes.get_last_error())

    def _descriptor(sid: str) -> int:
        """Return a security descriptor (LocalAlloc) whose one entry lets ``sid`` do everything."""
        found = ctypes.c_void_p()
        convert = _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW
        _check(convert(f"D:P(A;;GA;;;{sid})", SDDL_REVISION_1, ctypes.byref(found), None))
        assert found.value is not None
        return found.value

    def _sid_at_end(pid_of: ctypes._NamedFuncPointer, handle: int) -> str:
        pid = wintypes.ULONG()
        _check(pid_of(handle, ctypes.byref(pid)))
        return _sid_of_process(pid.value)

    def _sid_of_process(pid: int) -> str:
        process = _kernel32.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
        _check(process or 0)
        token = wintypes.HANDLE()
        try:
            _check(_advapi32.OpenProcessToken(process, TOKEN_QUERY, ctypes.byref(token)))
            return _sid_of_token(token)
        finally:
            _kernel32.CloseHandle(process)
            if token.value:
                _kernel32.CloseHandle(token)

    def _sid_of_token(token: wintypes.HANDLE) -> str:
        size = wintypes.DWORD()
        _advapi32.GetTokenInformation(token, TOKEN_USER, None, 0, ctypes.byref(size))
        user = ctypes.create_string_buffer(size.value)
        _check(_advapi32.GetTokenInformation(token, TOKEN_USER, user, size, ctypes.byref(size)))
        # TOKEN_USER begins with SID_AND_ATTRIBUTES, which begins with the pointer to the SID.
        sid = ctypes.c_void_p.from_buffer(user)
        text = ctypes.c_void_p()
        _check(_advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)))
        try:
            return ctypes.wstring_at(text.value or 0)
        finally:
            _kernel32.LocalFree(text)
