"""Starting a host as a browser would, to see whether it answers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from agent.ground.framing import MAX_BROWSER_REPLY, FrameDecoder, FrameError, encode_frame
from agent.system.consoles import NO_CONSOLE
from native_host.identity import chromium_origins

ANSWER_SECONDS = 15.0


class Answer(NamedTuple):
    """What a host says of itself."""

    host: str
    """Its version."""
    agent: str | None
    """The agent's version; None where none runs."""


class NoAnswerError(Exception):
    """The host cannot be started or does not answer as one."""


def ask_host(program: Path) -> Answer:
    """Start ``program`` with a browser's argument and ask for its status; NoAnswerError."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "host.status", "params": {}}
    try:
        done = subprocess.run(
            [program, chromium_origins()[0]],
            input=encode_frame(json.dumps(request).encode()),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=ANSWER_SECONDS,
            creationflags=NO_CONSOLE,
            check=False,
        )
        (payload,) = FrameDecoder(limit=MAX_BROWSER_REPLY).feed(done.stdout)
        result = json.loads(payload)["result"]
        return Answer(str(result["host"]), result["agent"] and str(result["agent"]))
    except (OSError, subprocess.SubprocessError) as error:
        raise NoAnswerError(str(error)) from error
    except (FrameError, ValueError, KeyError, TypeError) as error:
        raise NoAnswerError("it did not answer as a host does") from error
