"""``odc-agent forget``: a token that is gone for good, or somebody else's."""

from __future__ import annotations

from agent.cli.ground.choosing import thumbprint_of
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say
from agent.ground.language import mark, translate, user_language


def forget(prefix: str, *, undoes: bool) -> int:
    """Forget the token with the one certificate that begins so, or bring it back."""
    with agent() as client:
        thumbprint = thumbprint_of(client, prefix)
        client.call("tokens.restore" if undoes else "tokens.forget", {"thumbprint": thumbprint})
    if undoes:
        say(translate(mark("The token is remembered again."), user_language()))
        return Exit.DONE
    sentence = mark(
        "The token is forgotten. To bring it back: odc-agent forget {thumbprint} --undo"
    )
    say(translate(sentence, user_language(), thumbprint=thumbprint))
    return Exit.DONE
