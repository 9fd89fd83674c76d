"""The result of all checks as a text to copy, without names and numbers of people. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from agent.checks.model import CheckState
from agent.checks.service import Result
from agent.ground.language import Language, mark, translate
from agent.tokens.snapshot import Snapshot

MARKS = {
    CheckState.OK: "[ ok ]",
    CheckState.WARNING: "[warn]",
    CheckState.FAILED: "[FAIL]",
    CheckState.UNKNOWN: "[ ?? ]",
}
SHORTEST = 3
"""What is shorter says nothing of anybody, and leaving it out would spoil other words."""
_LOGIN_IN_URL = re.compile(r"(?<=//)[^/@\s]+@")
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.])(?:\d{17}[\dXx]|[0-9A-HJ-NPQRTUWXY]{18}|1\d{10})(?![0-9A-Za-z])"
)
"""ID cards (GB 11643), USCCs (GB 32100), mobile phones."""


class Redactor:
    """Leaves out of a text what names people, organisations and their things."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """Put the second of each pair in the place of the first."""
        pairs = [(name, instead) for name, instead in names if len(name) >= SHORTEST]
        self._names = sorted(pairs, key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        """Return ``text`` without them."""
        for name, instead in self._names:
            text = text.replace(name, instead)
        return _NUMBER.sub("…", _LOGIN_IN_URL.sub("", text))


def names_in(snapshot: Snapshot, home: str) -> Iterator[tuple[str, str]]:
    """Yield what names somebody among what is plugged in; a user's name stands in folders below home."""
    yield home, "~"
    for number, token in enumerate(snapshot.tokens, 1):
        yield token.facts.label, f"<token {number}>"
        yield token.facts.serial, f"<serial {number}>"
        for held in token.certificates:
            certificate = held.certificate
            if certificate.is_ca:
                continue
            yield certificate.subject, f"<subject {number}>"
            yield certificate.organisation, f"<organisation {number}>"
            yield certificate.common_name, f"<organisation {number}>"


def report_text(results: Sequence[Result], language: Language, redact: Redactor) -> str:
    """Return all results as lines of text."""
    lines = [translate(mark("Environment check"), language)]
    for result in results:
        title = translate(result.check.title, language)
        lines.append(f"{MARKS[result.state]} {result.check.name}: {title}")
        told = (result.text(language), result.advice(language))
        lines += [f"       {line}" for text in told for line in redact(text).splitlines()]
    return "\n".join(lines) + "\n"
