"""Commands that ask once and print: status, certs, renewals, window."""

from __future__ import annotations

import sys

from agent.api.client import CallError, Json
from agent.api.listed import all_tokens
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, sentences
from agent.cli.ground.output import say, say_json
from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate, user_language
from agent.system.incomplete import show_box


def status(*, as_json: bool) -> int:
    """Print how the agent and the certificates are."""
    answer = _ask("agent.status")
    if as_json:
        return _print_json(answer)
    say = _Say()
    say(mark("The agent {version} runs (process {pid})."), **answer)
    say(
        mark("Tokens: {tokens}; certificate pairs: {pairs}; expired: {expired}; soon: {expiring}."),
        **answer,
    )
    if answer["remembered"]:
        say(mark("Not plugged in: {remembered}."), **answer)
    if answer["renewals_under_way"]:
        say(mark("Renewals under way: {renewals_under_way}."), **answer)
    _print_problems(answer["problems"])
    return Exit.DONE


def certs(*, as_json: bool, has_all: bool) -> int:
    """Print the certificates in use on all tokens, or all of them."""
    answer = _ask("tokens.list", {"refresh": True})
    if as_json:
        return _print_json(answer)
    from agent.cli.tokens.certificates import token_lines  # noqa: PLC0415 - for people alone

    if not answer["tokens"]:
        _Say()(mark("No token is plugged in."))
    for token in all_tokens(answer):
        for line in token_lines(token, user_language(), has_all=has_all):
            say(line, is_dim=not token["present"])
    _print_problems(answer["problems"])
    return Exit.DONE


def renewals(*, as_json: bool) -> int:
    """Print all renewals."""
    from agent.cli.ground import kept  # noqa: PLC0415 - other commands need no journal

    answer = kept.renewals()
    if as_json:
        return _print_json(answer)
    if not answer["renewals"]:
        _Say()(mark("There are no renewals."))
    for renewal in answer["renewals"]:
        say(f"{renewal['created'][:10]}  {renewal['organisation']}  {renewal['text']}")
        if renewal["error_text"] and renewal["error_text"] not in renewal["text"]:
            say(f"    {renewal['error_text']}")
        say(f"    {renewal['id']}")
    return Exit.DONE


def window(name: str, subject: str | None) -> int:
    """Have the agent open a window, or raise the one that is open."""
    try:
        _ask("windows.open", {"name": name, **({"subject": subject} if subject else {})})
    except (OdcError, CallError) as error:
        if sys.stderr is None:  # it was a click, which has no console
            show_box(sentences(error))
        raise
    return Exit.DONE


def _ask(method: str, params: dict[str, Json] | None = None) -> Json:
    with agent() as client:
        return client.call(method, params)


def _print_json(answer: Json) -> int:
    say_json(answer)
    return Exit.DONE


def _print_problems(problems: list[Json]) -> None:
    suffix = "_zh" if user_language() is Language.ZH else ""
    for problem in problems:
        say(f"! {problem[f'message{suffix}']}")
        if advice := problem.get(f"advice{suffix}"):  # an agent of the version before tells none
            say(f"  {advice}")


class _Say:
    """Prints sentences in the user's language."""

    def __init__(self) -> None:
        self._language = user_language()

    def __call__(self, sentence: str, **values: object) -> None:
        say(translate(sentence, self._language, **values))
