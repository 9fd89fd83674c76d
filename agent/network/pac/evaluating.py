"""The agent's end of a PAC program's process: it answers name questions, and ends it in any case."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command

SECONDS = 10.0
"""How long a program may take by the clock; its processor time is limited in the worker."""
MAX_QUESTIONS = 50
MAX_LINE = 10_000
_DOCUMENTED = ("192.0.2.1", 9)
"""An address for examples (RFC 5737): nothing is sent there, the way to it tells our own address."""


class PacProgramError(Exception):
    """The program cannot be run, or does not answer; the text says why."""


def resolve(host: str) -> str:
    """Return the IPv4 address of a host, which is all that PAC functions know; empty for none."""
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ""
    return str(found[0][4][0])


def own_address() -> str:
    """Return this computer's address on the way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, contextlib.suppress(OSError):
        way.connect(_DOCUMENTED)
        return str(way.getsockname()[0])
    return "127.0.0.1"


def evaluate(script: str, url: str, host: str, look_up: Callable[[str], str] = resolve) -> str:
    """Return what the program answers for an address.

    Raises:
        PacProgramError: it is no program, fails, takes too much, or the worker cannot be started.
    """
    request = json.dumps({"script": script, "url": url, "host": host})
    try:
        worker = subprocess.Popen(
            module_command("agent.network.pac.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            creationflags=NO_CONSOLE,
        )
    except OSError as error:
        raise PacProgramError(error.strerror or str(error)) from error
    with worker:
        limit = threading.Timer(SECONDS, worker.kill)
        limit.start()
        try:
            return _talk(worker, request, look_up)
        except (OSError, ValueError, KeyError) as error:
            raise PacProgramError("it took too much time or memory") from error
        finally:
            limit.cancel()
            worker.kill()
            # What was not taken from us any more must not fail the closing.
            with contextlib.suppress(OSError):
                assert worker.stdin is not None
                worker.stdin.close()


def _talk(worker: subprocess.Popen[str], request: str, look_up: Callable[[str], str]) -> str:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{request}\n")
    worker.stdin.flush()
    for _ in range(MAX_QUESTIONS):
        said: dict[str, Any] = json.loads(worker.stdout.readline(MAX_LINE))
        if "answer" in said:
            return str(said["answer"])
        if "fault" in said:
            raise PacProgramError(str(said["fault"]))
        address = look_up(str(said["resolve"])) if "resolve" in said else own_address()
        worker.stdin.write(json.dumps({"address": address}) + "\n")
        worker.stdin.flush()
    raise PacProgramError(f"it asked for more than {MAX_QUESTIONS} addresses")
