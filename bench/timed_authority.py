"""The sandbox, noting when each call began and ended: ``python -m bench.timed_authority run …``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

import sandbox.server.server
from sandbox.cli import main
from sandbox.server.app import authority_app

LOG = "TIMED_AUTHORITY_LOG"
"""Environment variable: a file that gets a line for each call, as ``timed.c`` writes them."""


class TimedApp:
    """The authority's own time: from a request's arrival to the last byte of its answer."""

    def __init__(self, app: ASGIApp, log: Path) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic_ns()
        await self._app(scope, receive, send)
        with self._log.open("a") as log:
            log.write(f"{began} {time.monotonic_ns()}\n")


if __name__ == "__main__":
    sandbox.server.server.authority_app = lambda *parts: TimedApp(
        authority_app(*parts), Path(os.environ[LOG])
    )
    sys.exit(main())
