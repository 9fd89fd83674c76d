"""How a PIN travels: straight from where it is typed to the worker that needs it, as raw bytes.

The worker listens on an endpoint that exists for one connection; a window or the terminal connects,
sends the PIN, or the old and the new one, and reads one answer: empty for success, else an error
report. The agent never sees a PIN.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from agent.ground.decoding import from_json
from agent.ground.reports import ErrorReport, ReportedError
from agent.tokens.errors import PinNotGivenError, PinUnansweredError
from agent.tokens.pin.framed import Stream, StreamClient
from agent.tokens.pin.transport import PinClient, PinConnection, PinListener, wipe


def open_listener() -> PinListener:
    """Return a new one-time endpoint of this platform."""
    if sys.platform == "win32":
        from agent.system.pipes.windows import WindowsSystem  # noqa: PLC0415 - one platform only
        from agent.tokens.pin.pipe import PipeListener  # noqa: PLC0415 - one platform only

        return PipeListener(WindowsSystem())
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        from agent.tokens.pin.unix import SocketListener  # noqa: PLC0415 - one platform only

        return SocketListener()


def _open_endpoint(endpoint: str, seconds: float) -> Stream:
    if sys.platform == "win32":
        from agent.system.pipes.windows import WindowsSystem  # noqa: PLC0415 - one platform only
        from agent.tokens.pin.pipe import open_endpoint  # noqa: PLC0415 - one platform only

        return open_endpoint(WindowsSystem(), endpoint, seconds)
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        from agent.tokens.pin.unix import open_socket  # noqa: PLC0415 - one platform only

        return open_socket(endpoint, seconds)


def _client(endpoint: str, seconds: float) -> PinClient:
    return StreamClient(lambda: _open_endpoint(endpoint, seconds))


def send_pin(endpoint: str, *secrets: bytearray, seconds: float = 200.0) -> None:
    """Send a PIN to a worker's endpoint, wipe it, and wait for the outcome.

    Args:
        endpoint: where the worker listens.
        secrets: the PIN; to change it, the old and the new one; none for a token with a PIN pad,
            on which it is typed now.
        seconds: how long the outcome may take; it may be typed on a pad meanwhile.

    Raises:
        ReportedError: the token refused it; the report says why.
        PinNotGivenError: the worker no longer waits; nothing was tried.
        PinUnansweredError: the worker had it and ended without an answer.
    """
    with contextlib.closing(_client(endpoint, seconds)) as client:
        report = _exchange(client, secrets)
    if report:
        raise ReportedError(from_json(report, ErrorReport))


def decline_pin(endpoint: str) -> None:
    """Tell a worker that no PIN comes, by hanging up; one that is gone is told nothing."""
    with contextlib.closing(_client(endpoint, 5.0)) as client, contextlib.suppress(OSError):
        client.connect()


def _exchange(client: PinClient, secrets: Sequence[bytearray]) -> bytes:
    try:
        client.connect()
        is_sent = client.send(secrets)
    except (OSError, EOFError) as error:
        raise PinNotGivenError from error
    finally:
        for secret in secrets:
            wipe(secret)
    try:
        return client.outcome()
    except (OSError, EOFError) as error:
        raise (PinUnansweredError if is_sent else PinNotGivenError) from error


__all__ = ["PinConnection", "PinListener", "decline_pin", "open_listener", "send_pin", "wipe"]
