"""``odc-agent pin``: change a token's PIN (修改PIN码), and say what is known of its tries."""

from __future__ import annotations

import sys

from agent.api.client import Client, Json
from agent.api.listed import named
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, explain
from agent.cli.ground.output import say, say_json
from agent.cli.ground.secret_input import read_secret
from agent.cli.tokens.pin_prompt import begin, in_words, question, read_pin, say_state
from agent.ground.decoding import converted
from agent.ground.errors import OdcError
from agent.ground.language import mark, user_language
from agent.tokens.model import PinFacts, PinLimits
from agent.tokens.pin import send_pin, wipe
from agent.tokens.pin_rules import NewPinRefusedError, PinRule, check_new_pin
from agent.tokens.pin_states import state_text


class PinsMissingError(OdcError):
    """PINs are asked for, and nobody is there to give them."""

    code = "pins_missing"
    sentence = mark("The old and the new PIN are needed.")
    advice = mark("Run `odc-agent pin change` in a terminal, or give both lines with --pin-stdin.")


def change(*, token: str | None, from_stdin: bool, accepts: bool, as_json: bool) -> int:
    """Change the PIN of one token."""
    is_person = not from_stdin and sys.stdin.isatty()
    with agent() as client:
        chosen = _choose(client, token)
        if chosen is None:
            return Exit.NEEDED
        reference = _reference(chosen)
        params: dict[str, Json] = {"token": reference}
        prompt = begin(client, "pin.change", params, is_person=is_person, accepts=accepts)
        say_state(prompt)
        pins: tuple[bytearray, ...] = ()
        if not prompt["has_pin_pad"]:
            pins = _typed(prompt, from_stdin=from_stdin) if is_person or from_stdin else ()
            if not pins:
                explain(PinsMissingError())
                return Exit.NEEDED
        send_pin(prompt["endpoint"], *pins)
    if as_json:
        say_json({"changed": True, "token": reference})
    else:
        say(in_words(mark("The PIN of {label} has been changed."), label=reference["label"]))
    return Exit.DONE


def status(*, as_json: bool) -> int:
    """Say what is known of the tries of each token."""
    with agent() as client:
        tokens = [_known(token) for token in _tokens(client)]
    if as_json:
        say_json({"tokens": tokens})
        return Exit.DONE
    for token in tokens:
        say(named(token))
        say(f"  {token['text']}")
    if not tokens:
        say(in_words(mark("No token is plugged in.")))
    return Exit.DONE


def unlocked(*, token: str | None) -> int:
    """Tell the agent that the counter has unlocked a token."""
    with agent() as client:
        chosen = _choose(client, token)
        if chosen is None:
            return Exit.NEEDED
        reference = _reference(chosen)
        client.call("pin.unlocked", {"token": reference})
    return Exit.DONE


def _reference(token: Json) -> Json:
    """Return by what the agent knows a token it has listed."""
    names = ("module", "serial", "label", "application")
    return {name: token[name] for name in names if name in token}


def _known(token: Json) -> Json:
    said = {name: token[name] for name in PinFacts.__struct_fields__}
    return {
        **_reference(token),
        **said,
        "text": state_text(converted(said, PinFacts), user_language()),
    }


def _tokens(client: Client) -> list[Json]:
    tokens: list[Json] = client.call("tokens.list", {"refresh": True})["tokens"]
    return tokens


def _choose(client: Client, wanted: str | None) -> Json | None:
    """Return the one token that is meant; say why where there is not one."""
    tokens = _tokens(client)
    fitting = [t for t in tokens if wanted in (None, t["label"], t["serial"], t.get("application"))]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        missing = mark("The token {label} is not plugged in.")
        none = mark("No token is plugged in.")
        say(in_words(missing, label=wanted) if wanted else in_words(none), file=sys.stderr)
    else:
        say(in_words(mark("Several tokens fit. Choose one with --token:")), file=sys.stderr)
        for token in fitting:
            say(f"  {named(token)}", file=sys.stderr)
    return None


def _typed(prompt: Json, *, from_stdin: bool) -> tuple[bytearray, ...]:
    """Return the old and the new PIN, the new one by the rules; nothing at the end of input."""
    old = read_pin(question(prompt), from_stdin=from_stdin)
    if not old:
        return ()
    new = bytearray()
    try:
        new = _new_pin(prompt, old, from_stdin=from_stdin)
    finally:
        if not new:
            wipe(old)
    return (old, new) if new else ()


def _new_pin(prompt: Json, old: bytearray, *, from_stdin: bool) -> bytearray:
    """Return a new PIN that breaks no rule, empty at the end of input; a person may try again."""
    limits = PinLimits(**prompt["pin_limits"])
    printed = (prompt["token_label"], prompt["token_serial"])
    while new := read_secret(in_words(mark("New PIN: ")), from_stdin=from_stdin):
        try:
            check_new_pin(old, new, limits, printed)
            if not from_stdin:
                _check_repeated(new, limits)
        except NewPinRefusedError as error:
            wipe(new)
            if from_stdin:
                raise
            explain(error)
        else:
            return new
    return bytearray()


def _check_repeated(new: bytearray, limits: PinLimits) -> None:
    repeated = read_secret(in_words(mark("New PIN again: ")), from_stdin=False)
    is_same = repeated == new
    wipe(repeated)
    if not is_same:
        raise NewPinRefusedError(PinRule.MISTYPED, limits)
