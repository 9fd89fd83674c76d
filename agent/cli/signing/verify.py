"""``odc-agent verify``: who signed a document, when, and what is to be thought of it."""

from __future__ import annotations

import os
from pathlib import Path

from agent.api.client import Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.cli.signing.signer_lines import VERIFYING, print_signer
from agent.cli.signing.verify_pdf import verify_pdf
from agent.cli.tokens.pin_prompt import in_words
from agent.ground.language import mark


def verify(file: Path, signature: Path | None, *, as_json: bool) -> int:
    """Print what is to be thought of a signature; NEEDED where it is right and there is a doubt."""
    is_inside = signature is None and file.suffix.lower() == ".pdf" and not _beside(file).exists()
    if is_inside and file.exists():
        return verify_pdf(file, as_json=as_json)
    params: dict[str, Json] = {"file": os.fspath(file.absolute())}
    if signature is not None:
        params["signature"] = os.fspath(signature.absolute())
    with agent() as client, progress(VERIFYING):
        verified = client.call("signing.verify", params)
    if as_json:
        say_json(verified)
    else:
        _print(verified)
    return Exit.NEEDED if verified["doubts"] else Exit.DONE


def _print(verified: Json) -> None:
    if verified["document"] is None:
        say(in_words(mark("The signature is right; the document is inside it.")))
    else:
        say(in_words(mark("The document is as it was signed.")))
    print_signer(verified)


def _beside(file: Path) -> Path:
    return file.with_name(file.name + ".p7s")
