"""What the tray's menu says. Pure: API answers in, lines out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.api.client import Json
from agent.language import Language, mark, translate

USES = {
    "signing": mark("signing certificate"),
    "encryption": mark("encryption certificate"),
}
_ENDED = ("installed", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class TrayContent:
    """Everything the tray shows."""

    lines: tuple[str, ...]
    """Certificates with their days, renewals under way, problems: to be read, not clicked."""
    tooltip: str


def tray_content(status: Json, tokens: Json, renewals: Json, language: Language) -> TrayContent:
    """Return what the tray shows for the answers of the local API."""
    lines = [
        *_tokens(tokens["tokens"], language),
        *_renewals(renewals["renewals"]),
        *_problems(tokens["problems"], language),
    ]
    if not tokens["tokens"]:
        lines.insert(0, translate(mark("No token is plugged in."), language))
    tooltip = translate(mark("Certificate Manager"), language)
    if status["worst_text"]:
        tooltip = f"{tooltip}: {status['worst_text']}"
    return TrayContent(tuple(lines), tooltip)


def _tokens(tokens: list[Json], language: Language) -> Iterator[str]:
    """Yield the certificates; the token's name stands above them where it tells something."""
    for token in tokens:
        # A token keeps what was renewed, and the menu need not.
        certificates = [c for c in token["certificates"] if c["is_current"]]
        if len(tokens) > 1 or not certificates:
            yield token["label"]
        for certificate in certificates:
            use = translate(USES[certificate["use"]], language)
            name = certificate["organisation"] or certificate["subject"]
            yield f"{use}-{name}  {certificate['text']}"


def _renewals(renewals: list[Json]) -> Iterator[str]:
    for renewal in renewals:
        if renewal["state"] not in _ENDED:
            yield f"{renewal['organisation']}: {renewal['text']}"


def _problems(problems: list[Json], language: Language) -> Iterator[str]:
    for problem in problems:
        yield problem["message_zh" if language is Language.ZH else "message"]
