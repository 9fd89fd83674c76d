"""A window's connection to the agent, in Qt's own event loop: no thread, no waiting.

Answers come to the function that was given with the call, events as a signal. The connection is a
blocking socket that is only read when there is something to read.
"""

from __future__ import annotations

import itertools
import json
import logging
import select
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from agent import __version__
from agent.api.client import PROTOCOL_VERSION, Json
from agent.ground.framing import MAX_REPLY, FrameDecoder, FrameError, encode_frame

log = logging.getLogger(__name__)

ANSWER_SECONDS = 0.01
SETTLE_SECONDS = 0.05
"""How long a window waits for one answer, and for all of them, before it is shown without."""

Done = Callable[[Json], None]
Refused = Callable[[Json], None]


class _Asked(NamedTuple):
    done: Done
    refused: Refused


class Link(QObject):
    """Calls the agent and tells of its events."""

    happened = Signal(dict)
    """Something happened: ``{"event": name, …}``, as in docs/architecture.md."""
    raised = Signal(str)
    """The agent wants the window to come forward, and to show this subject."""
    lost = Signal()
    """The agent has gone; nothing is answered any more."""
    refused = Signal(dict)
    """The error report of a call whose caller did not care."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._decoder = FrameDecoder(limit=MAX_REPLY)
        self._ids = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._is_lost = False
        self._notifier = QSocketNotifier(connection.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        # No language: the agent answers in its own, which may change while the window is open.
        hello = {"protocol": PROTOCOL_VERSION, "client": f"odc-window {__version__}"}
        self.call("hello", hello)
        self.call("events.subscribe")

    @property
    def is_lost(self) -> bool:
        """Whether the agent has gone."""
        return self._is_lost

    def call(
        self,
        method: str,
        params: dict[str, Json] | None = None,
        done: Done | None = None,
        refused: Refused | None = None,
    ) -> None:
        """Call a method; one of the two functions is called later, with the result or the report.

        A report has the fields of agent.ground.reports.ErrorReport. Without ``refused`` the signal tells it.
        """
        number = next(self._ids)
        self._asked[number] = _Asked(done or _ignore, refused or self.refused.emit)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}
        if self._is_lost:
            return
        try:
            self._connection.sendall(encode_frame(json.dumps(request).encode()))
        except OSError:
            self._lose()

    def settle(self) -> None:
        """Take the answers that are there at once, so that a window is first painted with them."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while self._asked and not self._is_lost and time.monotonic() < deadline:
            if not select.select([self._connection], [], [], ANSWER_SECONDS)[0]:
                break
            self._read()

    def close(self) -> None:
        """Hang up, without telling anybody."""
        self._is_lost = True
        self._notifier.setEnabled(False)
        self._connection.close()

    def _read(self) -> None:
        try:
            data = self._connection.recv(1 << 20)
            payloads = list(self._decoder.feed(data)) if data else []
        except (OSError, FrameError):
            data, payloads = b"", []
        for payload in payloads:
            self._take(json.loads(payload))
        if not data:
            self._lose()

    def _take(self, message: Json) -> None:
        if "method" in message:
            self._tell(message["method"], message["params"])
            return
        asked = self._asked.pop(message["id"], None) if message["id"] is not None else None
        error = message.get("error")
        if error is not None:
            report = error.get("data") or {"code": "internal", "message": error.get("message", "")}
            (asked.refused if asked else self.refused.emit)(report)
        elif asked is not None:
            asked.done(message["result"])

    def _tell(self, method: str, params: Json) -> None:
        if method == "event":
            self.happened.emit(params)
        elif method == "window.raise":
            self.call("windows.came_forward")
            self.raised.emit(params["subject"])

    def _lose(self) -> None:
        if not self._is_lost:
            self.close()
            log.info("the agent has gone")
            self.lost.emit()


def _ignore(_result: Json) -> None:
    """Do nothing with a result nobody waits for."""
