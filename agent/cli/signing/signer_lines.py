"""Lines about who signed something."""

from __future__ import annotations

import datetime as dt

from agent.api.client import Json
from agent.certificates.china_time import CHINA_STANDARD_TIME
from agent.cli.ground.output import say
from agent.cli.tokens.pin_prompt import in_words
from agent.ground.language import mark

VERIFYING = mark("Verifying …")


def print_signer(verified: Json) -> None:
    """Print who signed, when, and what gives rise to doubt (VerifiedView)."""
    signer = mark("signed by: {organisation}  ({authority})")
    say(f"  {in_words(signer, **_fields(verified, 'organisation', 'authority'))}")
    if verified["signing_time"]:
        when = mark("at, by the signer's clock: {time}")
        say(f"  {in_words(when, time=local_time(verified['signing_time']))}")
    if verified["origin"]:
        say(f"  {in_words(mark('for the site: {origin}'), **_fields(verified, 'origin'))}")
    say(f"  {verified['chain']['text']}")
    say(f"  {in_words(mark('certificate: {thumbprint}'), **_fields(verified, 'thumbprint'))}")
    for doubt in verified["doubts"]:
        say(f"! {doubt['text']}")


def local_time(instant: str) -> str:
    """Return an instant (ISO 8601) as it is told in China."""
    moment = dt.datetime.fromisoformat(instant)
    return f"{moment.astimezone(CHINA_STANDARD_TIME):%Y-%m-%d %H:%M:%S %Z}"


def _fields(verified: Json, *names: str) -> dict[str, object]:
    return {name: verified[name] for name in names}
