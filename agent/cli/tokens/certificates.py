"""How `odc-agent certs` shows a token: pair by pair under the organisation, in aligned columns. Pure."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator

from agent.api.client import Json
from agent.api.listed import named
from agent.certificates.china_time import china_date
from agent.ground.harmless import harmless
from agent.ground.language import Language, mark, translate, translate_count

USES = {
    "signing": mark("signing certificate"),
    "encryption": mark("encryption certificate"),
    "other": mark("other certificate"),
}
_RENEWED = mark("renewed")
_MAYBE_REPLACED = mark("Replaced by a new certificate? Say so in the main window.")
_SILENCED = mark("You are not reminded of it any more. Settings can take that back.")
_BY_SKF = mark("It can be renewed through the token's SKF driver (GM/T 0016), not through PKCS#11.")
_AUTHORITY = mark("CA certificates and others")
_MAX_COLUMNS = 60
"""Columns of an organisation's name."""


def token_lines(token: Json, language: Language, *, has_all: bool) -> Iterator[str]:
    """Yield a token's lines; without ``has_all`` only what is in use, and how much else there is."""
    seen = "" if token["present"] else f"  {token['text']}"
    yield harmless(f"{named(token, token['model'])}{seen}")
    certificates = token["certificates"]
    shown = [c for c in certificates if has_all or c["is_current"] or c["damage_text"]]
    heading: object = None
    for certificate in shown:
        if certificate["pair"] != heading or certificate is shown[0]:
            heading = certificate["pair"]
            yield f"  {_heading(certificate, language)}"
        yield from (f"    {line}" for line in _lines(certificate, language, has_all=has_all))
    if hidden := len(certificates) - len(shown):
        more = translate_count(
            "{count} more certificate: odc-agent certs --all",
            "{count} more certificates: odc-agent certs --all",
            hidden,
            language,
        )
        yield f"  {more}"


def _heading(certificate: Json, language: Language) -> str:
    if certificate["pair"] is None:
        return translate(_AUTHORITY, language)
    name = _cut(certificate["organisation"] or certificate["subject"] or "-")
    number = certificate["uscc"] or certificate["entity_id"]
    return f"{name}  {number}" if number else name


def _lines(certificate: Json, language: Language, *, has_all: bool) -> Iterator[str]:
    use = translate(USES[certificate["use"]], language)
    if certificate["pair"] is None:
        use = _cut(certificate["organisation"] or certificate["subject"] or use)
    is_past = certificate["pair"] is not None and not certificate["is_current"]
    is_past = is_past and certificate["status"] != "not_yet_valid"
    is_past = is_past or bool(certificate["renewed_by"] and certificate["status"] == "expired")
    text = translate(_RENEWED, language) if is_past else certificate["text"]
    validity = " – ".join(_china_day(certificate[end]) for end in ("not_before", "not_after"))
    width = max(columns(translate(name, language)) for name in USES.values())
    yield f"{padded(use, width)}  {padded(text, 20)}  {validity}  {certificate['algorithm']}".rstrip()
    yield f"  {certificate['thumbprint']}"
    yield from (f"  {translate(said, language)}" for said in _said(certificate))
    if certificate["damage_text"]:
        yield f"  ! {certificate['damage_text']}"
    chain = certificate["chain"]
    if chain and (has_all or chain["state"] == "bad_signature"):
        yield f"  {chain['text']}"


def _said(certificate: Json) -> Iterator[str]:
    """Yield what is known of its end, where its token is not plugged in, and what its renewal needs."""
    if certificate["maybe_renewed_by"]:
        yield _MAYBE_REPLACED
    if certificate["is_silenced"]:
        yield _SILENCED
    is_signing = certificate["is_current"] and certificate["use"] == "signing"
    if is_signing and certificate["algorithm"] == "SM2" and not certificate["container"]:
        yield _BY_SKF


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    combining = sum(unicodedata.combining(c) != 0 for c in text)
    return len(text) + wide - combining


def padded(text: str, width: int) -> str:
    """Return a text filled up with spaces to ``width`` columns."""
    return text + " " * (width - columns(text))


def _cut(name: str) -> str:
    if columns(name) <= _MAX_COLUMNS:
        return name
    name = name[:_MAX_COLUMNS]
    while columns(name) >= _MAX_COLUMNS:
        name = name[:-1]
    return f"{name}…"


def _china_day(instant: str) -> str:
    return china_date(dt.datetime.fromisoformat(instant)).isoformat()
