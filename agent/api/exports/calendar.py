"""A calendar with the last day of each pair, and alarms before it: iCalendar (RFC 5545). Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from agent import __version__
from agent.api.client import Json
from agent.api.listed import all_tokens, is_done_with, leads
from agent.certificates.china_time import china_date
from agent.certificates.names import comparable
from agent.ground.language import Language, mark, translate

ALARM_HOUR = 9
"""Alarms go off at this hour of their day."""
_OCTETS = 75
"""A line may have so many, without its end (RFC 5545, 3.1)."""


def as_calendar(
    listed: Json, thresholds: Sequence[int], now: dt.datetime, language: Language
) -> str:
    """Return a whole-day event for each pair on its last day, with an alarm at each threshold.

    A pair is the same event each time, also once it has been renewed: who takes the calendar in again
    has its event moved, not doubled. What nobody has to look after any more is not in it.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//odc-agent//{__version__}//ZH"]
    pairs = {
        uid_of(token, lead): (token, lead)
        for token in all_tokens(listed)
        for lead in leads(token)
        if token["present"] or not is_done_with(lead)
    }
    for uid, (token, lead) in sorted(pairs.items()):
        lines += ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"]
        lines += _event(token, lead, sorted(set(thresholds)), language)
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def uid_of(token: Json, lead: Json) -> str:
    """Return the name of a pair's event: by who it is for, who issues it, and the token it is on."""
    family = "SM2" if lead["algorithm"] == "SM2" else ""
    whose = comparable(lead["subject"]) or lead["thumbprint"]
    place = token["serial"] or lead["thumbprint"]
    parts = "\0".join((whose, comparable(lead["issuer"]), family, place))
    return f"{hashlib.sha256(parts.encode()).hexdigest()[:32]}@odc-agent"


def folded(line: str) -> str:
    """Return a line in pieces that are not too long, none of which ends within a character."""
    pieces, piece, room = [], "", _OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", _OCTETS - 1  # what is put before the next ones is one octet
        piece += character
        room -= size
    return "\r\n ".join([*pieces, piece])


def _event(token: Json, lead: Json, thresholds: Sequence[int], language: Language) -> Iterator[str]:
    """Yield what an event says besides its name and the moment it was written."""
    last_day = china_date(dt.datetime.fromisoformat(lead["not_after"]))
    name = lead["organisation"] or lead["subject"]
    summary = translate(mark("The digital certificate of {name} ends"), language, name=name)
    about = translate(mark("Token “{label}”, {serial}"), language, **_named(token))
    # A renewed pair's event is the same in a later edition (RFC 5545, 3.8.7.4).
    yield f"SEQUENCE:{last_day.toordinal()}"
    yield f"DTSTART;VALUE=DATE:{last_day:%Y%m%d}"
    yield f"SUMMARY:{_escaped(summary)}"
    yield f"DESCRIPTION:{_escaped(about)}"
    yield "TRANSP:TRANSPARENT"
    for days in thresholds:
        yield from (
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escaped(summary)}",
            f"TRIGGER:{_before(days)}",
            "END:VALARM",
        )


def _named(token: Json) -> dict[str, str]:
    return {"label": token["label"], "serial": token["serial"]}


def _before(days: int) -> str:
    """Return when an alarm goes off, counted from the beginning of the day (RFC 5545, 3.3.6)."""
    if days == 0:
        return f"PT{ALARM_HOUR}H"
    whole = f"{days - 1}D" if days > 1 else ""
    return f"-P{whole}T{24 - ALARM_HOUR}H"


def _escaped(text: str) -> str:
    """Return a text value (RFC 5545, 3.3.11); what is not printable is not in names as they are told."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text
