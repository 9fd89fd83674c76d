"""A table of all certificates in use: CSV (RFC 4180), as spreadsheets open it. Pure."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator

from agent.api.client import Json
from agent.api.listed import all_tokens
from agent.certificates.china_time import china_date
from agent.ground.language import Language, mark, translate

_COLUMNS = (
    mark("Organisation"),
    mark("Unified social credit code"),
    mark("Certificate type"),
    mark("Valid from"),
    mark("Valid until"),
    mark("Status"),
    mark("Token"),
    mark("Serial number of the token"),
    mark("Plugged in"),
    mark("Last seen"),
    mark("Issuer"),
    mark("Serial number"),
    mark("Thumbprint"),
)
_USES = {"signing": mark("signing certificate"), "encryption": mark("encryption certificate")}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARK_OF_UTF_8 = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it, spreadsheets take a Chinese computer's file for GB 18030."""


def as_csv(listed: Json, language: Language) -> str:
    """Return the table, what ends first first, times as days in China."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(translate(column, language) for column in _COLUMNS)
    rows = sorted(_rows(listed), key=lambda row: (row[1]["not_after"], row[1]["thumbprint"]))
    for token, certificate in rows:
        writer.writerow(map(harmless_cell, _cells(token, certificate, language)))
    return _MARK_OF_UTF_8 + buffer.getvalue()


def harmless_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: names are written by strangers."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(listed: Json) -> Iterator[tuple[Json, Json]]:
    for token in all_tokens(listed):
        for certificate in token["certificates"]:
            if certificate["is_current"]:
                yield token, certificate


def _cells(token: Json, certificate: Json, language: Language) -> Iterator[str]:
    yield certificate["organisation"] or certificate["subject"]
    yield certificate["uscc"] or ""
    yield translate(_USES[certificate["use"]], language)
    yield _day(certificate["not_before"])
    yield _day(certificate["not_after"])
    yield certificate["text"]
    yield token["label"]
    yield token["serial"]
    yield translate(mark("yes") if token["present"] else mark("no"), language)
    yield "" if token["present"] else _day(token["last_seen"])
    yield certificate["issuer"]
    yield certificate["serial"]
    yield certificate["thumbprint"]


def _day(instant: str) -> str:
    return china_date(dt.datetime.fromisoformat(instant)).isoformat()
