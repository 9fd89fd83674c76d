"""The calls to Windows, by the interpreter's own ``_winapi``; who is at a pipe's ends, identities.py knows.

Documented in "Named Pipe Security and Access Rights" and "Security Quality of Service" (Win32 API).
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import _winapi

    TYPE_CHECKING = False
    if TYPE_CHECKING:
        from agent.system.pipes.system import Pending

    if "_odc_peers" in sys.builtin_module_names:
        import _odc_peers as _peers  # type: ignore[import-not-found] # of an installed program
    else:
        from agent.system.pipes import identities as _peers

    BUFFER = 65536
    PIPE_REJECT_REMOTE_CLIENTS = 0x00000008
    FILE_FLAG_OVERLAPPED = 0x40000000
    FILE_FLAG_FIRST_PIPE_INSTANCE = 0x00080000
    SECURITY_SQOS_PRESENT = 0x00100000
    SECURITY_IDENTIFICATION = 0x00010000
    MILLISECONDS = 1000

    class WindowsPending:
        """One overlapped operation."""

        def __init__(self, operation: _winapi.Overlapped) -> None:
            self._operation = operation

        def wait(self, seconds: float | None) -> bytes:
            size = self._ended(seconds)
            return (self._operation.getbuffer() or b"")[:size]

        def wait_into(self, seconds: float | None, buffer: memoryview) -> int:
            size = self._ended(seconds)
            read = self._operation.getbuffer() or b""
            buffer[:size] = memoryview(read)[:size]
            overwrite(read)
            return size

        def _ended(self, seconds: float | None) -> int:
            limit = _winapi.INFINITE if seconds is None else int(seconds * MILLISECONDS)
            if _winapi.WaitForSingleObject(self._operation.event, limit) == _winapi.WAIT_TIMEOUT:
                raise TimeoutError
            size, error = self._operation.GetOverlappedResult(True)
            if error:
                raise OSError(0, "the pipe has ended", None, error)
            return size

        def cancel(self) -> None:
            self._operation.cancel()

    def overwrite(read: bytes) -> None:
        """Overwrite what was read, which nobody else has: bytes as CPython keeps them, until their end."""
        import ctypes  # noqa: PLC0415 - the native host reads nothing that is to be wiped

        ctypes.memset(id(read) + bytes.__basicsize__ - 1, 0, len(read))

    class WindowsSystem:
        """See system.py."""

        def own_sid(self) -> str:
            return str(_peers.own_sid())

        def create(self, name: str, sid: str, *, is_first: bool) -> int:
            from agent.system.pipes.identities import attributes_for  # noqa: PLC0415 - clients need none

            flags = _winapi.PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED
            if is_first:
                flags |= FILE_FLAG_FIRST_PIPE_INSTANCE
            with attributes_for(sid) as attributes:
                # Type and read mode are bytes, and waiting: all of these are zero.
                return _winapi.CreateNamedPipe(
                    name, flags, PIPE_REJECT_REMOTE_CLIENTS, _winapi.PIPE_UNLIMITED_INSTANCES,
                    BUFFER, BUFFER, 0, attributes,
                )  # fmt: skip

        def accept(self, handle: int) -> Pending:
            return WindowsPending(_winapi.ConnectNamedPipe(handle, overlapped=True))

        def open(self, name: str) -> int:
            access = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE
            flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION
            return _winapi.CreateFile(name, access, 0, 0, _winapi.OPEN_EXISTING, flags, 0)

        def client_sid(self, handle: int) -> str:
            from agent.system.pipes.identities import client_sid  # noqa: PLC0415 - as above

            return client_sid(handle)

        def server_sid(self, handle: int) -> str:
            return str(_peers.server_sid(handle))

        def read(self, handle: int, size: int) -> Pending:
            operation, _error = _winapi.ReadFile(handle, size, overlapped=True)
            return WindowsPending(operation)

        def write(self, handle: int, data: bytes | bytearray) -> Pending:
            operation, _error = _winapi.WriteFile(handle, data, overlapped=True)
            return WindowsPending(operation)

        def close(self, handle: int) -> None:
            _winapi.CloseHandle(handle)
