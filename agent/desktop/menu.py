"""What the tray's menu says and what its lines open. Pure: API answers in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from agent.api.client import Json
from agent.api.listed import is_done_with, leads
from agent.api.window_names import WindowName
from agent.ground.language import Language, mark, translate, translate_count

USES = {
    "signing": mark("signing certificate"),
    "encryption": mark("encryption certificate"),
}
MAX_TOKENS = 6
"""So many are listed; of more, those that end first. The main window has them all."""
MAX_PROBLEMS = 3
MAX_NAME = 36
"""Characters of a name; a menu is as wide as its longest line."""
_ENDED = ("installed", "cancelled", "failed")


class Line(msgspec.Struct, frozen=True):
    """One line of the menu."""

    text: str
    window: WindowName | None = None
    """What it opens; None is to be read, not clicked."""
    subject: str = ""
    """What the window is about."""


class TrayContent(msgspec.Struct, frozen=True):
    """Everything the tray shows."""

    lines: tuple[Line, ...]
    """Certificates with their days, renewals under way, problems."""
    actions: tuple[Line, ...]
    tooltip: str


def tray_content(status: Json, tokens: Json, renewals: Json, language: Language) -> TrayContent:
    """Return what the tray shows for the answers of the local API."""
    lines = [
        *_tokens([*tokens["tokens"], *filter(_is_of_interest, tokens["remembered"])], language),
        *_renewals(renewals["renewals"]),
        *_problems(status["problems"], language),
    ]
    tooltip = translate(mark("Certificate Manager"), language)
    if status["worst_text"]:
        tooltip = f"{tooltip}: {status['worst_text']}"
    return TrayContent(tuple(lines), _actions(language), tooltip)


def _actions(language: Language) -> tuple[Line, ...]:
    return (
        Line(translate(mark("Open Certificate Manager"), language), "main"),
        Line(translate(mark("Renew certificate"), language), "renew"),
        Line(translate(mark("Change PIN"), language), "pin"),
        Line(translate(mark("Environment check"), language), "check"),
        Line(translate(mark("Settings"), language), "settings"),
    )


def _tokens(tokens: list[Json], language: Language) -> Iterator[Line]:
    """Yield the certificates; the token's name stands above them where it tells something."""
    if not any(token["present"] for token in tokens):
        yield Line(translate(mark("No token is plugged in."), language))
    shown = tokens if len(tokens) <= MAX_TOKENS else sorted(tokens, key=_end)[:MAX_TOKENS]
    for token in shown:
        certificates = _current(token)
        if len(tokens) > 1 or not certificates or not token["present"]:
            yield Line(_name(token, language))
        for certificate in certificates:
            use = translate(USES[certificate["use"]], language)
            name = _short(certificate["organisation"] or certificate["subject"])
            # A link, since desktops draw what is none too faint to read.
            yield Line(f"{use}-{name}  {certificate['text']}", "main")
    if more := len(tokens) - len(shown):
        text = translate_count("{count} more token …", "{count} more tokens …", more, language)
        yield Line(text, "main")


def _is_of_interest(token: Json) -> bool:
    """Return whether somebody has to look after a token that is not plugged in."""
    return not all(map(is_done_with, leads(token)))


def _name(token: Json, language: Language) -> str:
    name = _short(token["label"])
    if token["present"]:
        return name
    return translate(mark("{token} (not plugged in)"), language, token=name)


def _current(token: Json) -> list[Json]:
    """Return the certificates in use: a token keeps what was renewed, and the menu need not."""
    return [certificate for certificate in token["certificates"] if certificate["is_current"]]


def _end(token: Json) -> int:
    """Return how many days the first of a token's certificates has left; one without any is last."""
    return min((certificate["days_left"] for certificate in _current(token)), default=1 << 30)


def _renewals(renewals: list[Json]) -> Iterator[Line]:
    for renewal in renewals:
        if renewal["state"] not in _ENDED:
            text = f"{_short(renewal['organisation'])}: {renewal['text']}"
            yield Line(text, "renew", renewal["thumbprint"])


def _problems(problems: Sequence[Json], language: Language) -> Iterator[Line]:
    """Yield what is wrong; the environment check says what to do about it."""
    for problem in problems[:MAX_PROBLEMS]:
        yield Line(problem["message_zh" if language is Language.ZH else "message"], "check")


def _short(name: str) -> str:
    """Return a name that fits, with its beginning and its end."""
    if len(name) <= MAX_NAME:
        return name
    half = MAX_NAME // 2
    return f"{name[:half]}…{name[1 - half :]}"
