"""``odc-agent verify`` of a PDF signed inside: each signature, when, by whom, what was changed since."""

from __future__ import annotations

import os
from pathlib import Path

from agent.api.client import Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.cli.signing.signer_lines import VERIFYING, local_time, print_signer
from agent.cli.tokens.pin_prompt import in_words
from agent.ground.language import mark

_HEADING = {
    ("signature", True): mark("Signature {number} is right."),
    ("signature", False): mark("Signature {number} does not hold."),
    ("timestamp", True): mark("Time-stamp {number} of the document is right."),
    ("timestamp", False): mark("Time-stamp {number} of the document does not hold."),
}


def verify_pdf(file: Path, *, as_json: bool) -> int:
    """Print what is to be thought of all signatures: FAILED where one does not hold, NEEDED at a doubt."""
    with agent() as client, progress(VERIFYING):
        verified = client.call("signing.verify_pdf", {"file": os.fspath(file.absolute())})
    signatures = verified["signatures"]
    if as_json:
        say_json(verified)
    else:
        for number, signature in enumerate(signatures, start=1):
            _print(number, signature)
    if not all(signature["is_intact"] for signature in signatures):
        return Exit.FAILED
    return Exit.NEEDED if any(map(_is_doubtful, signatures)) else Exit.DONE


def _is_doubtful(signature: Json) -> bool:
    if signature["signer"] is None:
        return not signature["stamped"]["is_trusted"]
    return bool(signature["signer"]["doubts"])


def _print(number: int, signature: Json) -> None:
    heading = _HEADING[signature["kind"], signature["is_intact"]]
    say(in_words(heading, number=number))
    say(f"  {signature['text']}")
    if signature["is_certification"]:
        say(
            f"  {in_words(mark('Its signer is the author, and says what may become of the document.'))}"
        )
    if signature["stamped"]:
        stamped = signature["stamped"]
        when = mark("stamped: {time}  ({authority})")
        fields = {"time": local_time(stamped["time"]), "authority": stamped["authority"]}
        say(f"  {in_words(when, **fields)}")
    if signature["signer"]:
        print_signer(signature["signer"])
        say(f"  PAdES {signature['level'].upper()}")
