"""What is said and asked before a PIN is typed, in the terminal; the PIN itself goes to the worker."""

from __future__ import annotations

import sys

from agent.api.client import CallError, Client, Json
from agent.cli.ground.outcome import sentences
from agent.cli.ground.output import say
from agent.cli.ground.secret_input import read_secret
from agent.ground.language import mark, translate, user_language
from agent.tokens.errors import tries_text
from agent.tokens.model import PinState
from agent.tokens.pin import wipe
from agent.tokens.wording import FACTORY_PIN

_PURPOSES = {
    "submit": mark("PIN of {token}, to sign the application: "),
    "ask": mark("PIN of {token}, to ask the certification authority again: "),
    "install": mark("PIN of {token}, to write the new certificate: "),
    "change": mark("Old PIN of {token}: "),
    "licence": mark("PIN of {token}, to fetch the business licence: "),
    "login": mark("PIN of {token}, to log in: "),
    "sign": mark("PIN of {token}, to sign: "),
    "decrypt": mark("PIN of {token}, to decrypt: "),
}
_ON_THE_PAD = {
    "submit": mark("Enter the PIN on the token's own keypad, to sign the application."),
    "ask": mark(
        "Enter the PIN on the token's own keypad, to ask the certification authority again."
    ),
    "install": mark("Enter the PIN on the token's own keypad, to write the new certificate."),
    "change": mark("Enter the old PIN and twice the new one on the token's own keypad."),
    "licence": mark("Enter the PIN on the token's own keypad, to fetch the business licence."),
    "login": mark("Enter the PIN on the token's own keypad, to log in."),
    "sign": mark("Enter the PIN on the token's own keypad, to sign."),
    "decrypt": mark("Enter the PIN on the token's own keypad, to decrypt."),
}


def begin(
    client: Client, method: str, params: dict[str, Json], *, is_person: bool, accepts: bool
) -> Json:
    """Have a PIN asked for, and return the agent's PinPrompt.

    Where one try is left a person is asked for consent; a script must have given it.

    Raises:
        CallError: the agent asks for no PIN now, or there is no consent.
    """
    try:
        return client.call(method, {**params, "accept_final_try": accepts})
    except CallError as error:
        if error.code != "pin_final_try" or not is_person:
            raise
        for line in sentences(error):
            say(line, file=sys.stderr)
        if not confirmed(mark("Risk the last try? [y/N] ")):
            raise
    return client.call(method, {**params, "accept_final_try": True})


def say_state(prompt: Json) -> None:
    """Say what is known of the tries, and where the token has a PIN pad that it is used now."""
    language = user_language()
    if left := tries_text(PinState(prompt["pin_state"]), prompt["tries_left"], language):
        say(left, file=sys.stderr)
    if prompt["is_factory_pin"]:
        _say(FACTORY_PIN)
    if prompt["pin_state"] == PinState.TO_BE_CHANGED:
        _say(mark("The token wants its PIN changed."))
    if prompt["has_pin_pad"]:
        _say(_ON_THE_PAD[prompt["purpose"]])


def question(prompt: Json) -> str:
    """Return the words that ask for the PIN, with what it is for."""
    return in_words(_PURPOSES[prompt["purpose"]], token=prompt["token_label"])


def read_pin(words: str, *, from_stdin: bool) -> bytearray:
    """Return the PIN; a person is asked about one that looks mistyped before it costs a try."""
    while True:
        pin = read_secret(words, from_stdin=from_stdin)
        if from_stdin or all(0x21 <= byte <= 0x7E for byte in pin):
            return pin
        _say(
            mark("The PIN has unusual characters or spaces in it. Is an input method switched on?")
        )
        if confirmed(mark("Send it nevertheless? [y/N] ")):
            return pin
        wipe(pin)


def in_words(sentence: str, **values: object) -> str:
    """Return a sentence in the user's language."""
    return translate(sentence, user_language(), **values)


def confirmed(sentence: str) -> bool:
    """Ask a person a question and return whether the answer is yes."""
    say(in_words(sentence), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是"}


def _say(sentence: str) -> None:
    say(in_words(sentence), file=sys.stderr)
