"""``odc-agent renew`` (一键更新): both items, step by step, for a person or a script."""

from __future__ import annotations

from agent.api.client import Client, Json
from agent.cli.ground.choosing import certificate_due, thumbprint_of
from agent.cli.ground.connect import agent
from agent.cli.ground.output import say
from agent.cli.ground.progress import progress
from agent.cli.renewing.answers import Answers
from agent.cli.renewing.conversation import Conversation
from agent.cli.renewing.licence import await_updates
from agent.cli.renewing.lines import certificate_line, licence_line
from agent.ground.language import mark, user_language

_NOBODYS_TURN = frozenset({"TOKEN", "REVIEW", "NETWORK"})
"""What a renewal can wait for that no answer given here ends."""


def renew(*, thumbprint: str | None, answers: Answers, waits: bool = True) -> int:
    """Renew one certificate, its organisation's licence beside it, and return the exit code.

    Without ``waits`` it is left where it waits for what is not to be answered here.

    The licence is fetched by the agent once the application has arrived; how that went changes
    nothing in how the certificate's renewal went, whose exit code this is.
    """
    with agent() as client:
        client.call("events.subscribe")
        chosen = thumbprint_of(client, thumbprint) if thumbprint else certificate_due(client)
        with progress(mark("Reading the tokens …")):
            renewal = client.call("renewals.start", {"thumbprint": chosen})
        conversation = Conversation(client, answers, renewal)
        code = conversation.run(() if waits else _NOBODYS_TURN)
        _print_items(client, conversation.renewal)
    return code


def _print_items(client: Client, renewal: Json) -> None:
    language = user_language()
    organisation = renewal["organisation"]
    licences = [one for one in await_updates(client) if one["organisation"] == organisation]
    say(licence_line(licences[0] if licences else None, language))
    say(certificate_line(renewal, language))
