"""``odc-agent verify``: who signed a document, when, and what is to be thought of it."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from agent.api.client import Json
from agent.certificates.china_time import CHINA_STANDARD_TIME
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.cli.tokens.pin_prompt import in_words
from agent.ground.language import mark

_VERIFYING = mark("Verifying …")


def verify(file: Path, signature: Path | None, *, as_json: bool) -> int:
    """Print what is to be thought of a signature; NEEDED where it is right and there is a doubt."""
    params: dict[str, Json] = {"file": os.fspath(file.absolute())}
    if signature is not None:
        params["signature"] = os.fspath(signature.absolute())
    with agent() as client, progress(_VERIFYING):
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
    signer = mark("signed by: {organisation}  ({authority})")
    say(f"  {in_words(signer, **_fields(verified, 'organisation', 'authority'))}")
    if verified["signing_time"]:
        when = in_words(mark("at, by the signer's clock: {time}"), time=_local(verified))
        say(f"  {when}")
    if verified["origin"]:
        say(f"  {in_words(mark('for the site: {origin}'), **_fields(verified, 'origin'))}")
    say(f"  {verified['chain']['text']}")
    say(f"  {in_words(mark('certificate: {thumbprint}'), **_fields(verified, 'thumbprint'))}")
    for doubt in verified["doubts"]:
        say(f"! {doubt['text']}")


def _fields(verified: Json, *names: str) -> dict[str, object]:
    return {name: verified[name] for name in names}


def _local(verified: Json) -> str:
    instant = dt.datetime.fromisoformat(verified["signing_time"])
    return f"{instant.astimezone(CHINA_STANDARD_TIME):%Y-%m-%d %H:%M:%S %Z}"
