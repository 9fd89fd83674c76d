"""Asking the scan worker: one process for one file, however it ends."""

from __future__ import annotations

import msgspec

from agent.ground.decoding import from_json
from agent.renewals.scans.model import MAX_CONTENT, Fault, Reply, Request, Unusable
from agent.system.confinement import NotConfinedError
from agent.system.file_workers import ask

SECONDS = 60.0
"""How long a file may take by the clock; its processor time is limited in the worker."""
_LONGEST_ANSWER = MAX_CONTENT


def ask_worker(request: Request, content: bytes) -> tuple[Reply, bytes]:
    """Return what the worker says of ``content``, and the picture it made; it blocks meanwhile.

    A worker that crashes, hangs, or answers out of form is a file that cannot be opened safely.
    """
    if len(content) > MAX_CONTENT:
        return Unusable(fault=Fault.TOO_DEMANDING), b""
    try:
        answer = ask(
            "agent.renewals.scans.worker",
            msgspec.json.encode(request),
            content,
            longest=_LONGEST_ANSWER,
            seconds=SECONDS,
        )
    except NotConfinedError:
        return Unusable(fault=Fault.NOT_CONFINED), b""
    header, _, picture = answer.partition(b"\n")
    try:
        return from_json(header, Reply), picture
    except msgspec.MsgspecError:
        return Unusable(fault=Fault.TOO_DEMANDING), b""
