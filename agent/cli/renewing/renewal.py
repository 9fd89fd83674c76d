"""``odc-agent renewal``: one renewal, step by step, each step a command of its own.

Where nothing else is said, a command ends with the code for where the renewal then stands.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TextIO

from agent.api.client import Client, Json
from agent.cli.ground.choosing import renewal_of
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, NeededError, has_ended, standing
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.cli.renewing.answers import Answers
from agent.cli.renewing.conversation import EVERYTHING, Conversation, say_sms_sent
from agent.cli.renewing.lines import renewal_lines
from agent.cli.tokens.pin_prompt import confirmed
from agent.ground.language import mark, user_language


class ConsentMissingError(NeededError):
    """A renewal is to be cancelled, and nobody said that it is meant."""

    code = "consent_missing"
    sentence = mark("A renewal is cancelled only when somebody says yes.")
    advice = mark("Run `odc-agent renewal cancel` in a terminal, or with --yes.")


def show(*, prefix: str | None, as_json: bool) -> int:
    """Print one renewal."""
    with _chosen(prefix) as (_client, renewal):
        return _shown(renewal, as_json=as_json)


def amend(*, prefix: str | None, answers: Answers, as_json: bool) -> int:
    """Submit what the review wants amended, or a first dossier; the PIN signs it."""
    gives = {"APPLICANT", "PIN"}
    return _converse(prefix, answers, {"drafting", "rejected", "signing"}, gives, as_json=as_json)


def sms(*, prefix: str | None, answers: Answers, as_json: bool) -> int:
    """Release the application with the SMS code that was sent."""
    return _converse(prefix, answers, {"approved"}, {"SMS_CODE"}, as_json=as_json)


def install(*, prefix: str | None, answers: Answers, as_json: bool) -> int:
    """Write the new certificates onto the token; the PIN is needed."""
    return _converse(prefix, answers, {"issuing", "installing"}, {"PIN", "SPACE"}, as_json=as_json)


def send_sms(*, prefix: str | None, as_json: bool) -> int:
    """Have an SMS code sent; DONE where it was."""
    with _chosen(prefix) as (client, renewal):
        with progress(mark("Having an SMS code sent …")):
            approved = client.call("renewals.send_sms", {"id": renewal["id"]})
        say_sms_sent(approved)
        if as_json:
            _print_json(approved)
    return Exit.DONE


def cancel(*, prefix: str | None, is_sure: bool, as_json: bool) -> int:
    """Cancel a renewal once somebody said that it is meant; DONE where that is done."""
    with _chosen(prefix) as (client, renewal):
        if not (is_sure or has_ended(renewal) or _is_meant(renewal)):
            return standing(renewal)
        after = renewal if renewal["state"] == "cancelled" else _cancelled(client, renewal)
        code = _shown(after, as_json=as_json)
        return Exit.DONE if after["state"] == "cancelled" else code


@contextmanager
def _chosen(prefix: str | None) -> Iterator[tuple[Client, Json]]:
    with agent() as client:
        client.call("events.subscribe")
        yield client, renewal_of(client, prefix)


def _converse(
    prefix: str | None,
    answers: Answers,
    states: Collection[str],
    gives: Collection[str],
    *,
    as_json: bool,
) -> int:
    """Give what one command is for, in the states it is for; elsewhere only say how it stands."""
    with _chosen(prefix) as (client, renewal):
        out: TextIO = sys.stderr if as_json else sys.stdout
        conversation = Conversation(client, answers, renewal, to=out)
        if renewal["state"] not in states:
            return _shown(renewal, as_json=as_json)
        code = conversation.run(EVERYTHING - set(gives), sends_sms=False)
        if as_json:
            _print_json(conversation.renewal)
    return code


def _cancelled(client: Client, renewal: Json) -> Json:
    with progress(mark("Withdrawing the application …")):
        return client.call("renewals.cancel", {"id": renewal["id"]})


def _is_meant(renewal: Json) -> bool:
    for line in renewal_lines(renewal, user_language()):
        say(line, file=sys.stderr)
    if not sys.stdin.isatty():
        raise ConsentMissingError
    return confirmed(mark("Cancel this renewal? [y/N] "))


def _shown(renewal: Json, *, as_json: bool) -> int:
    if as_json:
        _print_json(renewal)
    else:
        for line in renewal_lines(renewal, user_language()):
            say(line)
    return standing(renewal)


def _print_json(renewal: Json) -> None:
    say_json(renewal)
