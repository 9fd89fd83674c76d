"""The form of each field of the applicant, so that it can be said as it is typed. Pure."""

from __future__ import annotations

import re
import unicodedata

from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.dossier.cleaning import MIDDLE_DOT, cleaned, is_letter, is_of_script
from agent.renewals.dossier.findings import Finding
from agent.renewals.dossier.id_papers import id_number_problem

_MAX_TEXT = 200
_MAX_EMAIL = 254
"""Characters of the longest address SMTP carries (RFC 5321, 4.5.3.1.3)."""
_SHORTEST_ADDRESS = 5

# Unlike \d, which takes the digits of every script.
_MOBILE = re.compile("1[3-9][0-9]{9}")
# Two-digit and three-digit area codes (010, 02x, 0755), then an extension.
_LANDLINE = re.compile("0(10|2[0-9]|[3-9][0-9]{2})-?[0-9]{7,8}(-[0-9]{1,6})?")
_LOCAL_PART = re.compile(r"[^@\s.,;:<>()\[\]\"\\]+(\.[^@\s.,;:<>()\[\]\"\\]+)*")
_DOMAIN_LABEL = re.compile(r"[^\W_]([\w-]*[^\W_])?")
_NAME_SIGNS = frozenset(f"{MIDDLE_DOT}.'’() ")
_NOT_SHOWN = frozenset({"Cc", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of what has no shape: control characters, line breaks, what Unicode has not assigned."""


def check_field(field: ApplicantField, value: str, *, is_required: bool = False) -> Finding | None:
    """Return the first thing that is wrong with one field of the applicant, None where it is right.

    Blanks around the value do not count, nor marks that nobody sees; see :func:`cleaned`.
    """
    value = cleaned(field, value)
    if not value:
        return Finding(field, mark("This is needed.")) if is_required else None
    if len(value) > _MAX_TEXT:
        return Finding(field, mark("At most {count} characters."), {"count": _MAX_TEXT})
    if any(unicodedata.category(character) in _NOT_SHOWN for character in value):
        return Finding(field, mark("There are line breaks or characters that cannot be shown."))
    if field in _HALF_WIDTH_FIELDS and unicodedata.normalize("NFKC", value) != value:
        return Finding(field, mark("Write letters, digits and signs in half width."))
    return _FORM_RULES[field](field, value)


def _id_number(field: ApplicantField, value: str) -> Finding | None:
    sentence = id_number_problem(value)
    return Finding(field, sentence) if sentence else None


def _name(field: ApplicantField, value: str) -> Finding | None:
    if sum(map(is_letter, value)) < 2:
        return Finding(field, mark("Enter the whole name."))
    if all(is_letter(c) or _stands_in_names(c, value) for c in value):
        return None
    return Finding(field, mark("Write the name as on the ID card, without digits and signs."))


def _stands_in_names(character: str, name: str) -> bool:
    """Return whether a name may have a sign: a mark on a letter, a dash, a sign of its own script."""
    category = unicodedata.category(character)
    if category[0] == "M" or category == "Pd" or character in _NAME_SIGNS:
        return True
    return category in ("Po", "Cf") and is_of_script(character, name)


def _address(field: ApplicantField, value: str) -> Finding | None:
    if len(value) < _SHORTEST_ADDRESS:
        return Finding(field, mark("Enter the whole address."))
    return None


def _phone(field: ApplicantField, value: str) -> Finding | None:
    if _MOBILE.fullmatch(value) or _LANDLINE.fullmatch(value):
        return None
    if value.startswith(("+86", "0086")):
        return Finding(field, mark("Write the number without the country code 86."))
    if re.fullmatch("1[0-9]*", value):
        return Finding(field, mark("A mobile number has 11 digits and begins with 13 to 19."))
    if re.fullmatch("[2-9][0-9-]{6,}", value):
        return Finding(field, mark("Write a landline number with its area code, as 0755-12345678."))
    return Finding(field, mark("This is not a phone number."))


def _email(field: ApplicantField, value: str) -> Finding | None:
    local, at, domain = value.rpartition("@")
    labels = domain.split(".")
    is_address = (
        bool(at)
        and len(value) <= _MAX_EMAIL
        and len(labels) > 1
        and not labels[-1].isdigit()
        and bool(_LOCAL_PART.fullmatch(local))
        and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    )
    return None if is_address else Finding(field, mark("This is not an e-mail address."))


_HALF_WIDTH_FIELDS = {ApplicantField.ID_NUMBER, ApplicantField.PHONE, ApplicantField.EMAIL}
"""Fields whose characters a Chinese input method may give in full width, which looks the same."""

_FORM_RULES = {
    ApplicantField.ID_NUMBER: _id_number,
    ApplicantField.NAME: _name,
    ApplicantField.ADDRESS: _address,
    ApplicantField.PHONE: _phone,
    ApplicantField.EMAIL: _email,
}
