"""What was typed or pasted, as it is sent: the same to whoever reads it, in ordinary characters. Pure.

Unicode's categories and names decide, no lists: input methods and phones have more blanks, dots and marks
than anybody has seen.
"""

from __future__ import annotations

import re
import unicodedata

from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.dossier.findings import Finding

MIDDLE_DOT = "\N{MIDDLE DOT}"
"""As identity cards have it between the parts of a name."""

_DOTS = re.compile(
    r".*\b(?:(?:MIDDLE|RAISED|SEPARATOR) DOT|BULLET|(?:BULLET|DOT) OPERATOR|(?:HYPHENATION|RING) POINT)"
)
"""What Unicode calls what stands in the middle of a line."""

_RADICALS = ("KANGXI RADICAL", "CJK RADICAL")


def cleaned(field: ApplicantField, value: str) -> str:
    """Return a field without blanks around it and marks nobody sees, every blank an ordinary one.

    In a name every dot but that of an abbreviation is the middle dot of identity cards.
    """
    scripts = {_script(c) for c in value if is_letter(c)}
    kept = (_ordinary(c) for c in value if not _is_mark(c, scripts))
    if field is ApplicantField.NAME:
        kept = (MIDDLE_DOT if _is_dot(c) else c for c in kept)
    return "".join(kept).strip()


def note_on(field: ApplicantField, value: str) -> Finding | None:
    """Return what is done to a field before it is sent, where that is more than to cut blanks off."""
    if cleaned(field, value) == value.strip():
        return None
    return Finding(
        field,
        mark(
            "It is sent with ordinary blanks, dots and characters, and without marks that nobody sees."
        ),
    )


def is_letter(character: str) -> bool:
    """Return whether names are written with it; 〇 is a number only to Unicode (category Nl)."""
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nl"


def is_of_script(character: str, others: str) -> bool:
    """Return whether a sign belongs to the script of letters among ``others``, as a Tibetan tsheg."""
    return _script(character) in {_script(c) for c in others if is_letter(c)}


def _ordinary(character: str) -> str:
    """Return the blank, or the character of which it is the radical: what is copied from PDFs has those."""
    if unicodedata.category(character) == "Zs":
        return " "
    is_radical = unicodedata.name(character, "").startswith(_RADICALS)
    return unicodedata.normalize("NFKC", character) if is_radical else character


def _is_mark(character: str, scripts: set[str]) -> bool:
    """Return whether it only guides a program that shows text, such as a direction or a joint.

    One of the name's own script that directs nothing is part of how it is written (Mongolian's).
    """
    if unicodedata.category(character) != "Cf":
        return False
    directs = unicodedata.bidirectional(character) != "BN"
    return directs or _script(character) not in scripts


def _is_dot(character: str) -> bool:
    """Return whether it is punctuation or an operator that looks like a middle dot, or a wide full stop."""
    category = unicodedata.category(character)
    if not (category[0] == "P" or category == "Sm") or character == ".":
        return False
    plain = unicodedata.normalize("NFKC", character)
    return plain in (".", MIDDLE_DOT) or bool(_DOTS.fullmatch(unicodedata.name(character, "")))


def _script(character: str) -> str:
    """Return the script's name, with which the names of its characters begin."""
    return unicodedata.name(character, "").partition(" ")[0]
