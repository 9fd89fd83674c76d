"""Answer one question about one file: a line of JSON and the file in, a line of JSON and a picture out."""

from __future__ import annotations

import os
import sys

import msgspec

from agent.renewals.scans.model import (
    Fault,
    Inspect,
    Inspected,
    Reply,
    Request,
    Show,
    Unusable,
)
from agent.renewals.scans.worker.converting import convert
from agent.renewals.scans.worker.pdf import Pdf
from agent.renewals.scans.worker.pictures import (
    UnusableError,
    facts_of,
    open_picture,
    set_up,
    sniff,
)
from agent.renewals.scans.worker.showing import show
from agent.system.confinement import confine_or_end

MEMORY = 1024 * 1024 * 1024
"""Bytes: decoding MAX_PIXELS in colour takes a quarter, a copy of it another."""
CPU_SECONDS = 30


def _answer(request: Request, content: bytes) -> tuple[Reply, bytes]:
    try:
        if isinstance(request, Inspect):
            return _inspect(content), b""
        if isinstance(request, Show):
            return show(content, request)
        return convert(content, request.limits, request.page, request.turns)
    except UnusableError as error:
        return Unusable(fault=error.fault, format=error.kind or sniff(content)), b""
    except MemoryError:
        return Unusable(fault=Fault.TOO_DEMANDING, format=sniff(content)), b""
    except Exception:  # noqa: BLE001 - decoders raise whatever a broken file leads them to
        return Unusable(fault=Fault.DAMAGED, format=sniff(content)), b""


def _inspect(content: bytes) -> Reply:
    if sniff(content) == "PDF":
        document = Pdf(content)
        document.draw(1)
        return Inspected(facts=document.facts())
    image = open_picture(content)
    facts = facts_of(content, image)
    image.seek(0)
    image.load()
    return Inspected(facts=facts)


def main() -> None:
    """Answer, and end."""
    set_up()
    confine_or_end(memory=MEMORY, cpu_seconds=CPU_SECONDS)
    header, _, content = sys.stdin.buffer.read().partition(b"\n")
    reply, picture = _answer(msgspec.json.decode(header, type=Request), content)
    sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n" + picture)
    sys.stdout.buffer.flush()
    # Nothing of the file is worth tidying up for; a library's own tidying could fail.
    os._exit(0)


if __name__ == "__main__":
    main()
