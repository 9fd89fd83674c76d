"""What the pipes need of Windows, as few calls as that takes; see windows.py for the real ones."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Pending(Protocol):
        """A read, a write or an accept under way (overlapped I/O)."""

        def wait(self, seconds: float | None) -> bytes:
            """Wait for its end and return what was read, nothing where nothing was to be.

            Raises:
                TimeoutError: it has not ended yet; it goes on.
                OSError: it failed, or was cancelled.
            """

        def wait_into(self, seconds: float | None, buffer: memoryview) -> int:
            """Wait as :meth:`wait` does, put what was read into ``buffer`` alone, and return how much."""

        def cancel(self) -> None:
            """End it, from whatever thread; CancelIoEx. One that has ended is left alone."""

    class System(Protocol):
        """Named pipes and who is at their ends. All calls but ``own_sid`` raise OSError."""

        def own_sid(self) -> str:
            """Return the security identifier of this process's user."""

        def create(self, name: str, sid: str, *, is_first: bool) -> int:
            """Make an instance of a pipe that ``sid`` alone may open, from this computer alone.

            The first one fails where anybody has a pipe of that name (FILE_FLAG_FIRST_PIPE_INSTANCE).
            """

        def accept(self, handle: int) -> Pending:
            """Wait for a client; ConnectNamedPipe."""

        def open(self, name: str) -> int:
            """Open the client's end, whose server may learn who we are and not act as us."""

        def client_sid(self, handle: int) -> str:
            """Return the user of the process at the client's end."""

        def server_sid(self, handle: int) -> str:
            """Return the user of the process at the server's end."""

        def read(self, handle: int, size: int) -> Pending:
            """Read up to ``size`` bytes."""

        def write(self, handle: int, data: bytes | bytearray) -> Pending:
            """Write all of ``data``."""

        def close(self, handle: int) -> None:
            """Close an end."""
