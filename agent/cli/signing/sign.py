"""``odc-agent sign``: documents are read and named, then signed with one PIN."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.api.client import CallError, Client, Json
from agent.cli.ground.choosing import signing_certificate, thumbprint_of
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, NeededError, explain
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.cli.tokens.pin_prompt import begin, in_words, question, read_pin, say_state
from agent.ground.language import mark
from agent.ground.reports import ReportedError
from agent.tokens.errors import PinIncorrectError
from agent.tokens.pin import send_pin

_READING = mark("Reading the documents …")
_SIGNING = mark("Signing …")


class PinMissingError(NeededError):
    """The PIN is asked for, and nobody is there to give it."""

    code = "pin_missing"
    sentence = mark("Signing needs the PIN.")
    advice = mark("Run `odc-agent sign` in a terminal, or give it with --pin-stdin.")


def sign(
    files: Sequence[Path],
    *,
    thumbprint: str | None,
    from_stdin: bool,
    accepts: bool,
    as_json: bool,
    pdf: Json = None,
) -> int:
    """Sign all documents with one PIN; FAILED where one of them is not signed.

    ``pdf`` says how PDFs are signed inside (PdfParams); None where they are as all others.
    """
    is_person = not from_stdin and sys.stdin.isatty()
    with agent() as client:
        client.call("events.subscribe")
        chosen = thumbprint_of(client, thumbprint) if thumbprint else signing_certificate(client)
        paths = [os.fspath(file.absolute()) for file in files]
        params: dict[str, Json] = {"thumbprint": chosen, "files": paths, "pdf": pdf}
        while True:
            with progress(_READING):
                asked = begin(client, "signing.sign", params, is_person=is_person, accepts=accepts)
            _name(asked)
            try:
                _give_pin(asked["pin"], is_person=is_person, from_stdin=from_stdin)
                break
            except ReportedError as error:
                if error.code != PinIncorrectError.code or not is_person:
                    raise
                explain(error)
        signed = _outcome(client, asked, is_told=not as_json)
    if as_json:
        say_json({"organisation": asked["organisation"], "documents": signed})
    if any(document["error"] for document in signed):
        return Exit.FAILED
    return Exit.NEEDED if any(document["shortfall"] for document in signed) else Exit.DONE


def pdf_wish(options: argparse.Namespace) -> Json:
    """Return how PDFs are to be signed inside: PdfParams."""
    stamp: Json = None
    if options.stamp is not None:
        left, top, width, height = options.box
        box = {"left": left, "top": top, "width": width, "height": height}
        picture = os.fspath(options.stamp.absolute())
        stamp = {"picture": picture, "page": options.page, "box": box}
    output = os.fspath(options.output.absolute()) if options.output else None
    return {"output": output, "stamp": stamp, "level": options.level}


def _name(asked: Json) -> None:
    """Say what the PIN would sign, before it is typed."""
    whose = mark("To be signed with the certificate of {organisation}:")
    say(in_words(whose, organisation=asked["organisation"]), file=sys.stderr)
    for document in asked["documents"]:
        size = in_words(mark("{count} bytes"), count=f"{document['size']:,}")
        say(f"  {document['name']}  {size}\n    SHA-256 {document['sha256']}", file=sys.stderr)


def _give_pin(prompt: Json, *, is_person: bool, from_stdin: bool) -> None:
    say_state(prompt)
    if prompt["has_pin_pad"]:
        send_pin(prompt["endpoint"])
        return
    if not (is_person or from_stdin):
        raise PinMissingError
    pin = read_pin(question(prompt), from_stdin=from_stdin)
    if not pin:
        raise PinMissingError
    send_pin(prompt["endpoint"], pin)


def _outcome(client: Client, asked: Json, *, is_told: bool) -> list[Json]:
    """Wait until all is signed, telling of each document, and return them with what became of each."""
    with progress(_SIGNING):
        while True:
            event = client.next_notification()["params"]
            if event.get("id") != asked["id"]:
                continue
            if event["event"] == "documents_signed":
                break
            if is_told:
                _tell(event)
    if event["error"]:
        raise CallError(event["error"])
    became = {each["file"]: each for each in event["files"]}
    return [{**document, **became[document["file"]]} for document in asked["documents"]]


def _tell(event: Json) -> None:
    file = event["file"]
    if file["error"] is None:
        written = mark("Signed: {file}")
        say(in_words(written, file=file["signature"]), flush=True)
        if file["shortfall"]:
            explain(CallError(file["shortfall"]))
        return
    say(file["file"], file=sys.stderr)
    explain(CallError(file["error"]))
