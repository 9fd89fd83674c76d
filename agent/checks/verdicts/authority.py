"""Whether the authority can be reached, what stands in the way, and whether the clocks agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import Enum, auto, unique

import msgspec

from agent.checks.model import CheckState, Finding, Findings, finding, ok
from agent.ground.language import mark

TOLERATED = dt.timedelta(minutes=5)
"""What clocks may differ: validity and signatures care for minutes, nobody for seconds."""
GRAVE = dt.timedelta(hours=12)
"""From here on day counts and validity are wrong."""


@unique
class Obstacle(Enum):
    """Where the way to an authority ends."""

    NONE = auto()
    ANCHOR = auto()
    NAME = auto()
    CONNECTION = auto()
    PROXY_NAME = auto()
    PROXY_CONNECTION = auto()
    PROXY_REFUSES = auto()
    PROXY_PASSWORD = auto()
    PROXY_KIND = auto()
    TLS_UNTRUSTED = auto()
    TLS_NAME = auto()
    TLS_TIME = auto()
    TLS = auto()
    SILENCE = auto()
    NOT_HTTP = auto()
    HTTP_SERVER = auto()
    HTTP_OTHER = auto()
    CMP_PATH = auto()
    CMP_SECRET = auto()
    CMP_SECRET_FILE = auto()
    CMP_FORGED = auto()


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How far one try came."""

    authority: str
    """Its name in the configuration."""
    host: str
    obstacle: Obstacle
    reason: str = ""
    path: str = ""
    """What was asked for there."""
    proxy: str = ""
    """Host and port of the proxy, without user and password; empty without one."""
    date: dt.datetime | None = None
    """The answer's Date header (RFC 9110, 6.6.1)."""
    asked: dt.datetime | None = None
    """What this computer's clock said then."""
    is_date_verified: bool = True
    """False where TLS failed for the time alone, so that anybody may have said it."""


_ASK_ADMINISTRATOR = mark("Ask your administrator to correct the configuration.")
_CHECK_NETWORK = mark("Check the network cable or Wi-Fi, and whether other sites open.")
_PROXY = mark("Ask your administrator about the proxy {proxy}.")
_LATER = mark("Try again later; renewals under way go on by themselves.")

_SENTENCES: dict[Obstacle, tuple[str, str]] = {
    Obstacle.NONE: (mark("The authority {authority} ({host}) answers."), ""),
    Obstacle.ANCHOR: (
        mark("The trust anchor of the authority {authority} cannot be read: {reason}"),
        _ASK_ADMINISTRATOR,
    ),
    Obstacle.NAME: (
        mark("The name {host} of the authority {authority} cannot be resolved (DNS): {reason}"),
        _CHECK_NETWORK,
    ),
    Obstacle.CONNECTION: (mark("No connection to {host} can be made: {reason}"), _CHECK_NETWORK),
    Obstacle.PROXY_NAME: (
        mark("The name of the proxy {proxy} cannot be resolved (DNS): {reason}"),
        _PROXY,
    ),
    Obstacle.PROXY_CONNECTION: (
        mark("No connection to the proxy {proxy} can be made: {reason}"),
        _PROXY,
    ),
    Obstacle.PROXY_REFUSES: (mark("The proxy {proxy} refuses {host}: {reason}"), _PROXY),
    Obstacle.PROXY_PASSWORD: (mark("The proxy {proxy} wants a user name and a password."), _PROXY),
    Obstacle.PROXY_KIND: (
        mark("The proxy {proxy} is of a kind that is not supported: {reason}"),
        _PROXY,
    ),
    Obstacle.TLS_UNTRUSTED: (
        mark("The certificate of {host} is not issued by the pinned trust anchor: {reason}"),
        mark("Somebody may be reading along (a proxy, a virus scanner). Ask your administrator."),
    ),
    Obstacle.TLS_NAME: (
        mark("The certificate of {host} is for another name: {reason}"),
        mark("Somebody may be reading along (a proxy, a virus scanner). Ask your administrator."),
    ),
    Obstacle.TLS_TIME: (
        mark("By this computer's clock the certificate of {host} is not valid now: {reason}"),
        mark("Set the computer's date and time right."),
    ),
    Obstacle.TLS: (mark("No secure connection (TLS) to {host}: {reason}"), _ASK_ADMINISTRATOR),
    Obstacle.SILENCE: (mark("{host} takes the connection and does not answer."), _LATER),
    Obstacle.NOT_HTTP: (mark("What {host} answers is not HTTP: {reason}"), _ASK_ADMINISTRATOR),
    Obstacle.HTTP_SERVER: (mark("The authority {authority} has a fault: {reason}"), _LATER),
    Obstacle.HTTP_OTHER: (
        mark("{host} does not answer as an authority does: {reason}"),
        _ASK_ADMINISTRATOR,
    ),
    Obstacle.CMP_PATH: (
        mark("At {host} no CMP server answers under {path}: {reason}"),
        mark(
            "Ask your administrator to correct the path in the configuration; at an EJBCA it ends with "
            "the name of the alias."
        ),
    ),
    Obstacle.CMP_SECRET: (
        mark(
            "The authority {authority} does not accept the reference value and the secret in the "
            "configuration: {reason}"
        ),
        _ASK_ADMINISTRATOR,
    ),
    Obstacle.CMP_SECRET_FILE: (
        mark("The secret of the authority {authority} cannot be read: {reason}"),
        _ASK_ADMINISTRATOR,
    ),
    Obstacle.CMP_FORGED: (
        mark(
            "What {host} answers is proved neither by the secret nor by the authority's pinned "
            "certificate."
        ),
        mark(
            "The trust anchor has to hold the certificate that issues or signs for this authority. "
            "Ask your administrator to correct the configuration."
        ),
    ),
}


def judge_authorities(tries: Sequence[Reached]) -> Findings:
    """Return how far each authority was reached."""
    return [_reached(reached) for reached in tries] or [
        finding(
            CheckState.WARNING,
            mark("No authority is configured: certificates are watched and cannot be renewed."),
            mark("Ask your administrator to correct the configuration."),
        )
    ]


def _reached(reached: Reached) -> Finding:
    sentence, advice = _SENTENCES[reached.obstacle]
    is_ok = reached.obstacle is Obstacle.NONE
    return finding(
        CheckState.OK if is_ok else CheckState.FAILED,
        sentence,
        advice,
        authority=reached.authority,
        host=reached.host,
        reason=reached.reason,
        path=reached.path,
        proxy=reached.proxy,
    )


def judge_clock(tries: Sequence[Reached]) -> Findings:
    """Return how far this computer's clock is from the authority's."""
    dated = [reached for reached in tries if reached.date is not None]
    for reached in sorted(dated, key=lambda r: not r.is_date_verified):
        return [_clock(reached)]
    return [
        finding(
            CheckState.UNKNOWN,
            mark("The clock cannot be compared: no authority has told the time."),
        )
    ]


def _clock(reached: Reached) -> Finding:
    assert reached.date is not None
    assert reached.asked is not None
    difference = reached.asked - reached.date
    if abs(difference) <= TOLERATED:
        return ok(mark("The clock agrees with that of the authority."))
    minutes = round(abs(difference).total_seconds() / 60)
    ahead = mark("The computer's clock is {minutes} minutes ahead of the authority's.")
    behind = mark("The computer's clock is {minutes} minutes behind the authority's.")
    return finding(
        CheckState.FAILED if abs(difference) > GRAVE else CheckState.WARNING,
        ahead if difference > dt.timedelta(0) else behind,
        mark("Set the computer's date and time right."),
        minutes=minutes,
    )
