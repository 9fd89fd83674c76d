"""``odc-agent licence``: the business licences (营业执照), and updating one by itself."""

from __future__ import annotations

import sys

from agent.api.client import Client, Json
from agent.cli.ground import kept
from agent.cli.ground.choosing import signing_certificate, thumbprint_of
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.cli.renewing.answers import Answers
from agent.cli.renewing.lines import licence_line
from agent.cli.tokens.pin_prompt import begin, in_words
from agent.ground.language import mark, user_language

_UPDATING = mark("Updating the business licence …")


def show_all(*, as_json: bool) -> int:
    """Print every organisation's licence."""
    answer = kept.licences()
    if as_json:
        say_json(answer)
        return Exit.DONE
    if not answer["licences"]:
        say(in_words(mark("No business licence was updated yet.")))
    for licence in answer["licences"]:
        _print(licence)
    return Exit.DONE


def update(*, thumbprint: str | None, answers: Answers, as_json: bool) -> int:
    """Update one organisation's licence; FAILED where that did not work."""
    with agent() as client:
        client.call("events.subscribe")
        chosen = thumbprint_of(client, thumbprint) if thumbprint else signing_certificate(client)
        licence = _update(client, chosen, answers)
    if as_json:
        say_json(licence)
    else:
        _print(licence)
        if licence["error"] and licence["advice_text"]:
            say(licence["advice_text"], file=sys.stderr)
    return Exit.FAILED if licence["error"] else Exit.DONE


def await_updates(client: Client) -> list[Json]:
    """Return all licences once none is being fetched; the client has subscribed to events."""
    with progress(_UPDATING):
        while (answer := client.call("licences.list"))["updating"]:
            _next_licence(client)
    licences: list[Json] = answer["licences"]
    return licences


def _update(client: Client, thumbprint: str, answers: Answers) -> Json:
    with progress(_UPDATING):
        answer = begin(
            client,
            "licences.update",
            {"thumbprint": thumbprint},
            is_person=answers.is_person,
            accepts=answers.accepts_final_try,
        )
    if answer["licence"] is not None:
        return answer["licence"]
    answers.send_pin(answer["pin"])
    with progress(_UPDATING):
        while (licence := _next_licence(client))["uscc"] != answer["uscc"]:
            pass
    return licence


def _next_licence(client: Client) -> Json:
    while (event := client.next_notification()["params"])["event"] != "licence":
        pass
    return event["licence"]


def _print(licence: Json) -> None:
    say(f"{licence['organisation']}  {licence['uscc']}")
    say(f"  {licence_line(licence, user_language())}")
    if licence["name"]:
        ends = licence["valid_to"] or in_words(mark("no end"))
        person = in_words(
            mark("legal representative: {name}"), name=licence["legal_representative"]
        )
        say(f"  {licence['name']}  {person}  {licence['valid_from']} – {ends}")
        say(f"  {licence['address']}")
