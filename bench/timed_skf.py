"""The process of the SKF tokens, noting when each call began and ended: ``python -m bench.timed_skf …``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sandbox.skf_token.server
from sandbox.skf_token.__main__ import main

LOG = "TIMED_SKF_LOG"
"""Environment variable: a file that gets a line for each call, as ``timed.c`` writes them."""


def timed(answer: Callable[..., Any], log: Path) -> Callable[..., Any]:
    """Return what answers calls, and notes them; waiting for devices is no work."""

    def noted(bus: Any, client: Any, name: str, fields: Any) -> Any:
        began = time.monotonic_ns()
        answered = answer(bus, client, name, fields)
        if name != "SKF_WaitForDevEvent":
            with log.open("a") as file:
                file.write(f"{began} {time.monotonic_ns()}\n")
        return answered

    return noted


if __name__ == "__main__":
    server = sandbox.skf_token.server
    server.answer = timed(server.answer, Path(os.environ[LOG]))
    sys.exit(main())
