"""The form of each field of the applicant, so that it can be said as it is typed. Pure."""

from __future__ import annotations

import re

from stdnum.cn import ric

from agent.language import mark
from agent.renewals.dossier.findings import Finding
from agent.renewals.protocol import ApplicantField

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(-\d{1,6})?")
_MAX_TEXT = 200


def check_field(field: ApplicantField, value: str, *, is_required: bool) -> Finding | None:
    """Return what is wrong with one field of the applicant, so that it can be said as it is typed."""
    if not value.strip():
        return Finding(field, mark("This is needed.")) if is_required else None
    if len(value) > _MAX_TEXT:
        return Finding(field, mark("At most {count} characters."), {"count": _MAX_TEXT})
    sentence = _FORM_RULES[field](value.strip())
    return Finding(field, sentence) if sentence else None


def _id_number_problem(value: str) -> str | None:
    # GB 11643: 17 digits and a check character; region and date of birth must exist.
    return None if ric.is_valid(value) else mark("The ID number's check digit is not right.")


def _email_problem(value: str) -> str | None:
    return None if _EMAIL.fullmatch(value) else mark("This is not an e-mail address.")


def _phone_problem(value: str) -> str | None:
    is_phone = _MOBILE.fullmatch(value) or _LANDLINE.fullmatch(value)
    return None if is_phone else mark("This is not a phone number.")


def _no_problem(_value: str) -> str | None:
    return None


_FORM_RULES = {
    ApplicantField.ID_NUMBER: _id_number_problem,
    ApplicantField.NAME: _no_problem,
    ApplicantField.ADDRESS: _no_problem,
    ApplicantField.PHONE: _phone_problem,
    ApplicantField.EMAIL: _email_problem,
}
