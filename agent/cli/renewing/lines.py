"""How a renewal, its remarks and the two items of 证照更新 are shown in a terminal. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from agent.api.client import Json
from agent.certificates.china_time import china_date
from agent.cli.tokens.certificates import columns, padded
from agent.ground.language import Language, mark, translate
from agent.renewals.dossier.findings import DOCUMENT_NAMES, FIELD_NAMES

_NAMES = {item.value: name for item, name in (*FIELD_NAMES.items(), *DOCUMENT_NAMES.items())}
_LICENCE = mark("business licence")
_CERTIFICATE = mark("digital certificate")


def remark_lines(renewal: Json, language: Language) -> Iterator[str]:
    """Yield a line for each thing the review wants amended, with the name `amend` knows it by."""
    for remark in renewal["remarks"]:
        item, text = remark["item"], remark["text"]
        if item in _NAMES:
            yield f"  {translate(_NAMES[item], language)} ({item}): {text}"
        else:
            yield f"  {item}: {text}" if item else f"  {text}"


def error_lines(renewal: Json) -> Iterator[str]:
    """Yield what went wrong with a renewal, unless its text says so, and what to do about it."""
    if renewal["error_text"] not in renewal["text"]:
        yield f"  {renewal['error_text']}"
    if renewal["advice_text"]:
        yield f"  {renewal['advice_text']}"


def renewal_lines(renewal: Json, language: Language) -> Iterator[str]:
    """Yield all there is to see of one renewal."""
    yield f"{renewal['organisation']}  {renewal['text']}"
    yield from error_lines(renewal)
    yield from remark_lines(renewal, language)
    facts = {
        mark("id: {value}"): renewal["id"],
        mark("authority: {value}"): renewal["authority"],
        mark("certificate: {value}"): renewal["thumbprint"],
        mark("new certificate: {value}"): renewal["new_thumbprint"],
        mark("started: {value}"): _day(renewal["created"]),
        mark("started by the site: {value}"): renewal["origin"],
        mark("last changed: {value}"): _day(renewal["updated"]),
        mark("review expected by: {value}"): renewal["expected_by"],
        mark("SMS codes go to: {value}"): renewal["phone_hint"],
    }
    for sentence, value in facts.items():
        if value:
            yield f"  {translate(sentence, language, value=value)}"


def licence_line(licence: Json | None, language: Language) -> str:
    """Return the item 营业执照 with its 最近更新日期 and result."""
    if licence is None:
        return _item(_LICENCE, None, translate(mark("It was not updated yet."), language), language)
    return _item(_LICENCE, licence["fetched"], licence["text"], language)


def certificate_line(renewal: Json, language: Language) -> str:
    """Return the item 数字证书 with its 最近更新日期 and result."""
    updated = renewal["updated"] if renewal["state"] == "installed" else None
    return _item(_CERTIFICATE, updated, renewal["text"], language)


def _item(name: str, updated: str | None, result: str, language: Language) -> str:
    width = max(columns(translate(item, language)) for item in (_LICENCE, _CERTIFICATE))
    last = translate(
        mark("last updated: {day}"), language, day=_day(updated) if updated else "-" * 10
    )
    return f"{padded(translate(name, language), width)}  {last}  {result}"


def _day(instant: str) -> str:
    return china_date(dt.datetime.fromisoformat(instant)).isoformat()
