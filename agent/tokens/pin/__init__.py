"""How a PIN travels: straight from where it is typed to the worker that needs it, as raw bytes.

The worker listens on an endpoint that exists for one connection; a window or the terminal connects,
sends the PIN and reads one answer: empty for a successful login, else an error report. The agent
never sees the PIN.
"""

from __future__ import annotations

import sys

import msgspec

from agent.errors import ErrorReport, ReportedError
from agent.tokens.errors import PinNotGivenError
from agent.tokens.pin.transport import PinClient, PinConnection, PinListener, wipe


def open_listener() -> PinListener:
    """Return a new one-time endpoint of this platform."""
    if sys.platform == "win32":
        from agent.tokens.pin.windows import PipeListener  # noqa: PLC0415 - one platform only

        return PipeListener()
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        from agent.tokens.pin.unix import SocketListener  # noqa: PLC0415 - one platform only

        return SocketListener()


def _connect(endpoint: str) -> PinClient:
    if sys.platform == "win32":
        from agent.tokens.pin.windows import PipeClient  # noqa: PLC0415 - one platform only

        return PipeClient(endpoint)
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        from agent.tokens.pin.unix import SocketClient  # noqa: PLC0415 - one platform only

        return SocketClient(endpoint)


def send_pin(endpoint: str, pin: bytearray, *, seconds: float = 120.0) -> None:
    """Send ``pin`` to a worker's endpoint, wipe it, and wait for the login's outcome.

    Raises:
        ReportedError: the token refused it; the report says why.
        PinNotGivenError: the worker no longer waits; it has not had the PIN.
        PinUnansweredError: the worker had the PIN and ended without an answer.
    """
    try:
        report = _connect(endpoint).exchange(pin, seconds)
    except (OSError, EOFError) as error:
        raise PinNotGivenError from error
    finally:
        wipe(pin)
    if report:
        raise ReportedError(msgspec.json.decode(report, type=ErrorReport))


__all__ = ["PinConnection", "PinListener", "open_listener", "send_pin", "wipe"]
