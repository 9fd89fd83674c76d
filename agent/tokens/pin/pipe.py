"""PIN entry over a named pipe, under a name nobody can guess but everybody may look up.

It is made as the local API's are: for this user alone by its access list, from this computer alone, the
first of its name. Each end asks whose process the other is before anything is typed or taken.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from agent.system.pipes.stream import PipeStream, open_pipe
from agent.tokens.errors import PinNotGivenError
from agent.tokens.pin.framed import StreamConnection

if TYPE_CHECKING:
    from agent.system.pipes.system import System


class PipeListener:
    """The worker's one-time pipe."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._sid = system.own_sid()
        self._endpoint = rf"\\.\pipe\odc-agent-pin-{secrets.token_hex(16)}"
        self._handle = system.create(self._endpoint, self._sid, is_first=True)

    @property
    def endpoint(self) -> str:
        """See PinListener."""
        return self._endpoint

    def accept(self) -> StreamConnection:
        """See PinListener."""
        try:
            self._system.accept(self._handle).wait(None)
            if self._system.client_sid(self._handle) != self._sid:
                raise PermissionError("the PIN's pipe was opened by another user")
        except OSError as error:
            self._system.close(self._handle)
            raise PinNotGivenError from error
        return StreamConnection(PipeStream(self._system, self._handle))


def open_endpoint(system: System, endpoint: str, seconds: float) -> PipeStream:
    """Connect to a worker's pipe; whatever is waited for there takes at most so many seconds.

    Raises:
        PermissionError: another user made it; nothing is typed into that.
        OSError: there is none any more.
    """
    stream = open_pipe(system, endpoint)
    stream.settimeout(seconds)
    return stream
