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


@dataclass(frozen=True, slots=True)
class TrayContent:
    """Everything the tray shows."""

    lines: tuple[str, ...]
    """Certificates with their days, and renewals under way: to be read, not clicked."""
    tooltip: str


def tray_content(status: Json, tokens: Json, renewals: Json, language: Language) -> TrayContent:
    """Return what the tray shows for the answers of the local API."""
    lines = [*_certificates(tokens, language), *_renewals(renewals)]
    if not tokens["tokens"]:
        lines.insert(0, translate(mark("No token is plugged in."), language))
    tooltip = translate(mark("Certificate Manager"), language)
    if status["worst_text"]:
        tooltip = f"{tooltip}: {status['worst_text']}"
    return TrayContent(tuple(lines), tooltip)


def _certificates(tokens: Json, language: Language) -> Iterator[str]:
    for token in tokens["tokens"]:
        for certificate in token["certificates"]:
            use = USES.get(certificate["use"])
            if use is not None:
                name = f"{translate(use, language)}-{certificate['organisation']}"
                yield f"{name}  {certificate['text']}"


def _renewals(renewals: Json) -> Iterator[str]:
    for renewal in renewals["renewals"]:
        if renewal["state"] not in ("installed", "cancelled", "failed"):
            yield f"{renewal['organisation']}: {renewal['text']}"
