"""A site wants a token used, asked in the terminal: what for, with which certificate, and the PIN."""

from __future__ import annotations

import datetime as dt
import sys

from agent.api.client import CallError, Client, Json
from agent.certificates.china_time import china_date
from agent.cli.ground.outcome import Exit, explain, sentences
from agent.cli.ground.output import say
from agent.cli.tokens.pin_prompt import begin, in_words, question, read_pin, say_state
from agent.ground.errors import OdcError
from agent.ground.harmless import harmless
from agent.ground.language import mark
from agent.tokens.pin import send_pin

_KEYS = {"n": "never", "t": "once"}
_CHOICES = mark("[p] enter the PIN and agree  [n] never allow  [Enter] decline: ")
_WITHOUT_PIN = mark("[t] let the site know  [n] never allow  [Enter] decline: ")


def ask(client: Client, asked: Json) -> int:
    """Show what is to be done, and take the PIN or another answer from the terminal."""
    use = asked["token_use"]
    usable = [candidate for candidate in use["candidates"] if not candidate["problem"]]
    for shown in use["shown"]:
        say(f"  {_shown(shown)}")
    if use["problem"]:
        for line in sentences(CallError(use["problem"])):
            say(f"  {line}")
    choice = _typed(in_words(_CHOICES if usable else _WITHOUT_PIN))
    if choice == "p" and usable:
        return _agree(client, asked, _chosen(usable))
    client.call("consent.answer", {"id": asked["id"], "decision": _decision(choice, usable)})
    return Exit.DONE


def _decision(choice: str, usable: list[Json]) -> str:
    decision = _KEYS.get(choice, "decline")
    return "decline" if decision == "once" and usable else decision


def _shown(shown: Json) -> str:
    if shown["kind"] == "text":
        return harmless(shown["text"])
    if shown["kind"] == "hash":
        said = in_words(mark("A hash, not a document; what it stands for cannot be shown."))
        return f"{said} {shown['hash']}"
    return f"{harmless(shown['name'])}  SHA-256 {shown['sha256']}"


def _chosen(usable: list[Json]) -> Json:
    """Return the certificate that is meant; the first where nobody names another."""
    for number, candidate in enumerate(usable, 1):
        until = china_date(dt.datetime.fromisoformat(candidate["not_after"])).isoformat()
        say(f"  {number}  {candidate['organisation']}  {candidate['token_label']}  {until}")
    if len(usable) == 1:
        return usable[0]
    typed = _typed(in_words(mark("Which certificate? [1] ")))
    number = int(typed) if typed.isdecimal() else 1
    return usable[min(max(number, 1), len(usable)) - 1]


def _agree(client: Client, asked: Json, candidate: Json) -> int:
    """Ask for the PIN and send it to the worker that waits for it; who asked gets the result."""
    params = {"id": asked["id"], "thumbprint": candidate["thumbprint"]}
    try:
        prompt = begin(client, "consent.pin", params, is_person=True, accepts=False)
        say_state(prompt)
        pins = () if prompt["has_pin_pad"] else (read_pin(question(prompt), from_stdin=False),)
        send_pin(prompt["endpoint"], *pins)
    except (OdcError, CallError) as error:
        return explain(error)
    return Exit.DONE


def _typed(words: str) -> str:
    say(words, end="", flush=True)
    return sys.stdin.readline().strip().lower()
