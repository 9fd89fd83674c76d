"""What the local API answers: the shapes clients see, kept apart from the shapes inside.

Times are ISO 8601 in UTC. ``message_zh``/``text`` are for people, codes for programs.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique

import msgspec

from agent.certificates.chain import ChainState
from agent.certificates.model import CertificateStatus, CertificateUse, Oddity
from agent.ground.language import Language
from agent.reminders.rules import Reminder
from agent.tokens.model import PinLimits, PinState
from agent.tokens.pin_states import PinPurpose

PROTOCOL_VERSION = 1


class Hello(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first request on every connection."""

    protocol: int
    client: str
    """Name and version of the client, for the log."""
    language: Language | None = None
    """What the client's person reads; without it, what the agent is set to."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``hello``."""

    protocol: int
    version: str
    """The agent's version."""
    pid: int
    capabilities: tuple[str, ...]
    """The methods this connection may call."""


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a certificate leads to a trusted authority."""

    state: ChainState
    text: str
    """The same in the user's language, with the name it is about."""
    path: tuple[str, ...]
    """Subjects, from the certificate's own upwards."""


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate on a token."""

    thumbprint: str
    use: CertificateUse
    subject: str
    organisation: str
    uscc: str | None
    issuer: str
    serial: str
    not_before: dt.datetime
    not_after: dt.datetime
    days_left: int
    status: CertificateStatus
    text: str
    """How long it still is, or is no longer, valid, in the user's language."""
    algorithm: str
    has_private_key: bool | None
    """None where it cannot be known without a PIN."""
    is_current: bool
    """It is in use: not renewed yet, and neither a CA certificate nor of another kind."""
    pair: int | None = None
    """Which of the token's pairs it belongs to, from 1; None for CA certificates and others."""
    renewed_by: str | None = None
    """Thumbprint of what takes over from it, on the token already but not valid yet."""
    entity_id: str | None = None
    """Number under which an administration or authority knows the organisation."""
    oddities: tuple[Oddity, ...] = ()
    """What is wrong in its bytes."""
    damage_text: str = ""
    """The same in the user's language."""
    chain: ChainView | None = None
    """None where it was not looked at, as in events."""


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """One token that is plugged in."""

    label: str
    serial: str
    model: str
    manufacturer: str
    module: str
    slot: int
    pin_state: PinState
    certificates: tuple[CertificateView, ...]


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that kept a module, a token or an object from being read."""

    module: str
    code: str
    message: str
    message_zh: str


class TokenList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``tokens.list``."""

    tokens: tuple[TokenView, ...]
    problems: tuple[ProblemView, ...]


@unique
class ModuleState(StrEnum):
    """How a PKCS#11 module is."""

    WELL = "well"
    IMPAIRED = "impaired"
    """It works, but not all of its tokens can be read."""
    FAILED = "failed"


class ModuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One PKCS#11 module that is served."""

    path: str
    name: str
    source: str
    """``config``, ``p11-kit`` or ``well-known``."""
    state: ModuleState
    description: str
    """What CK_INFO says; empty, like the next two, while the module has never been read."""
    manufacturer: str
    version: str
    slots: int
    tokens: tuple[str, ...]
    """Labels of the tokens that were read, also of those shown through another module."""
    has_events: bool
    """Insertion is told by an event; else the module is polled."""
    restarts: int
    """How often its worker had to be started again."""
    retry_after: float | None
    """Seconds until a module that fails is started again."""
    problems: tuple[ProblemView, ...]


class ModuleLeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A module that was found and is not served."""

    path: str
    name: str
    source: str
    message: str
    message_zh: str


class ModuleList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``modules.list``."""

    modules: tuple[ModuleView, ...]
    left_out: tuple[ModuleLeftOut, ...]
    problems: tuple[ProblemView, ...]
    """Files that name modules and cannot be read."""


class RenewalView(msgspec.Struct, frozen=True, kw_only=True):
    """One renewal, past or under way."""

    id: str
    thumbprint: str
    """The certificate that is renewed."""
    organisation: str
    authority: str
    state: str
    waiting: str | None
    """TOKEN, PIN, APPLICANT, REVIEW, SMS_CODE, NETWORK, SPACE; None while it works or has ended."""
    text: str
    """State and what it waits for, as one sentence in the user's language."""
    created: dt.datetime
    updated: dt.datetime
    remarks: tuple[dict[str, str], ...] = ()
    expected_by: dt.date | None = None
    phone_hint: str = ""
    code_sent: dt.datetime | None = None
    """When the last SMS code was sent, where the renewal waits for one."""
    error: str | None = None
    """Code of what went wrong last; the renewal may still go on."""
    error_text: str = ""
    advice_text: str = ""
    """What to do about the error."""
    new_thumbprint: str | None = None
    origin: str = ""
    """The web site that started it; empty where the user did."""


class RenewalList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``renewals.list``."""

    renewals: tuple[RenewalView, ...]


class ReminderList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``reminders.list``."""

    reminders: tuple[Reminder, ...]


class PinPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a PIN is to be sent, and what a person should know before entering it."""

    endpoint: str
    """One-time socket of the worker. Where the token has a PIN pad, nothing is sent to it but that
    somebody is there to type; in any case it answers with the outcome."""
    token_label: str
    token_serial: str
    pin_state: PinState
    """The graver of what the token's flags say and what earlier tries showed."""
    purpose: PinPurpose
    """What the PIN is for: ``submit``, ``install``, ``change`` or ``licence``."""
    has_pin_pad: bool
    """The PIN is typed on the token itself."""
    pin_limits: PinLimits


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``agent.status``."""

    version: str
    pid: int
    home: str
    started: dt.datetime
    tokens: int
    certificates: int
    pairs: int
    expired: int
    """Pairs, by their signing certificates; what was renewed does not count."""
    expiring: int
    worst: CertificateStatus | None
    worst_text: str
    renewals_under_way: int
    problems: tuple[ProblemView, ...]


class BrowserCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a portal learns of a certificate after consent."""

    thumbprint: str
    use: CertificateUse
    organisation: str
    uscc: str | None
    issuer: str
    serial: str
    not_before: dt.datetime
    not_after: dt.datetime
    days_left: int
    status: CertificateStatus
    text: str


class BrowserCertificates(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.certificates``."""

    certificates: tuple[BrowserCertificate, ...]


class ExtensionToken(msgspec.Struct, frozen=True, kw_only=True):
    """One token, as the extension's popup shows it."""

    label: str
    certificates: tuple[BrowserCertificate, ...]


class ExtensionOverview(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.overview``."""

    agent: str
    """The agent's version."""
    tokens: tuple[ExtensionToken, ...]
    problems: tuple[ProblemView, ...]


class BrowserRenewal(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.renew`` and ``browser.renewal``: states only."""

    id: str
    state: str
    waiting: str | None
