"""The calls to Windows.

Documented in "Named Pipe Security and Access Rights" and "Security Quality of Service" (Win32 API).
The interpreter's own ``_winapi`` has overlapped pipes; ctypes is for who is at their ends.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import _winapi
    import ctypes
    import os
    from ctypes import wintypes

    TYPE_CHECKING = False
    if TYPE_CHECKING:
        from agent.system.pipes.system import Pending

    BUFFER = 65536
    PIPE_REJECT_REMOTE_CLIENTS = 0x00000008
    FILE_FLAG_OVERLAPPED = 0x40000000
    FILE_FLAG_FIRST_PIPE_INSTANCE = 0x00080000
    SECURITY_SQOS_PRESENT = 0x00100000
    SECURITY_IDENTIFICATION = 0x00010000
    SDDL_REVISION_1 = 1
    TOKEN_QUERY = 0x0008
    TOKEN_USER = 1
    PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
    MILLISECONDS = 1000

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

    class WindowsPending:
        """One overlapped operation."""

        def __init__(self, operation: _winapi.Overlapped) -> None:
            self._operation = operation

        def wait(self, seconds: float | None) -> bytes:
            limit = _winapi.INFINITE if seconds is None else int(seconds * MILLISECONDS)
            if _winapi.WaitForSingleObject(self._operation.event, limit) == _winapi.WAIT_TIMEOUT:
                raise TimeoutError
            size, error = self._operation.GetOverlappedResult(True)
            if error:
                raise ctypes.WinError(error)
            return (self._operation.getbuffer() or b"")[:size]

        def cancel(self) -> None:
            self._operation.cancel()

    class WindowsSystem:
        """See system.py."""

        def own_sid(self) -> str:
            return _sid_of_process(os.getpid())

        def create(self, name: str, sid: str, *, is_first: bool) -> int:
            flags = _winapi.PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED
            if is_first:
                flags |= FILE_FLAG_FIRST_PIPE_INSTANCE
            descriptor = _descriptor(sid)
            try:
                attributes = _SecurityAttributes(
                    ctypes.sizeof(_SecurityAttributes), descriptor, False
                )
                # Type and read mode are bytes, and waiting: all of these are zero.
                return _winapi.CreateNamedPipe(
                    name, flags, PIPE_REJECT_REMOTE_CLIENTS, _winapi.PIPE_UNLIMITED_INSTANCES,
                    BUFFER, BUFFER, 0, ctypes.addressof(attributes),
                )  # fmt: skip
            finally:
                _kernel32.LocalFree(descriptor)

        def accept(self, handle: int) -> Pending:
            return WindowsPending(_winapi.ConnectNamedPipe(handle, overlapped=True))

        def open(self, name: str) -> int:
            access = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE
            flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION
            return _winapi.CreateFile(name, access, 0, 0, _winapi.OPEN_EXISTING, flags, 0)

        def client_sid(self, handle: int) -> str:
            return _sid_at_end(_kernel32.GetNamedPipeClientProcessId, handle)

        def server_sid(self, handle: int) -> str:
            return _sid_at_end(_kernel32.GetNamedPipeServerProcessId, handle)

        def read(self, handle: int, size: int) -> Pending:
            operation, _error = _winapi.ReadFile(handle, size, overlapped=True)
            return WindowsPending(operation)

        def write(self, handle: int, data: bytes) -> Pending:
            operation, _error = _winapi.WriteFile(handle, data, overlapped=True)
            return WindowsPending(operation)

        def close(self, handle: int) -> None:
            _winapi.CloseHandle(handle)

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
