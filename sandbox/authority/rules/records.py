"""The facts the sandbox keeps: one frozen type per table, its fields the table's columns."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.renewals.authorities.ra_protocol import ApplicationState
from sandbox.authority.rules.lifecycle import Event
from sandbox.authority.rules.profiles import CertificateUse


class IssuedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate this authority issued to an organisation."""

    sha256: str
    """Of the DER, lower-case hexadecimal: the certificate's name everywhere."""
    use: CertificateUse
    organisation: str
    uscc: str
    phone: str
    """The phone on record for the organisation, where SMS codes go when no applicant names one."""
    not_after: dt.datetime
    der: bytes
    revoked_at: dt.datetime | None = None


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application for renewal."""

    id: str
    secret_sha256: str
    certificate_sha256: str
    """The certificate to renew."""
    state: ApplicationState
    version: int
    opened_at: dt.datetime
    dossier_required: bool
    sms_required: bool
    phone: str
    expected_by: dt.date | None = None
    issued_sha256: str | None = None
    """The new signing certificate, once it was issued."""
    timer_at: dt.datetime | None = None
    """When ``timer_event`` happens by itself; None when nothing will."""
    timer_event: Event | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One signed submission of an application."""

    application: str
    version: int
    cms_sha256: str
    cms: bytes
    manifest: bytes
    """The JSON the CMS signs."""
    remarks: bytes = b"[]"
    """What the reviewer said of this version, as JSON."""


class KeyEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """An encryption key made for an application, enveloped; kept until installation is confirmed."""

    application: str
    certificate_sha256: str
    """The new encryption certificate."""
    envelope: bytes


class SentCode(msgspec.Struct, frozen=True, kw_only=True):
    """The SMS code last sent for an application, which only its hash tells."""

    application: str
    salt: bytes
    code_sha256: str
    sent_at: dt.datetime
    sent_count: int
    attempts_left: int


class SeenLicenceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A signed request for a licence, and how often it was answered."""

    nonce: str
    cms_sha256: str
    received_at: dt.datetime
    answers: int


class EstUser(msgspec.Struct, frozen=True, kw_only=True):
    """Who may enrol under the label ``plain``."""

    name: str
    salt: bytes
    password_scrypt: bytes
    uscc: str
    """The organisation whose certificate the user renews; empty for any subject."""
    pending_seconds: float
    """How long a request is answered 202 after it first came in."""


class EstRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request under the label ``plain``, and what came of it."""

    user: str
    csr_sha256: str
    due_at: dt.datetime
    certificate: bytes | None = None


class CmpUser(msgspec.Struct, frozen=True, kw_only=True):
    """A reference value that was handed out with a secret; or an organisation that proves itself."""

    reference: str
    secret: str
    """Empty for one whose certificate signs."""
    uscc: str
    """The organisation whose certificate is renewed."""
    pending_seconds: float = 0
    """How long a request is to be polled for after it first came in."""
    rejection: str = ""
    """Why all requests are rejected; empty where they are not."""
    wants_confirmation: bool = False
    """Whether a certificate is to be confirmed although the client asked for implicitConfirm."""


class CmpTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction (RFC 4210, 5.1.1), and what came of it."""

    id: str
    """transactionID, in hexadecimal digits."""
    user: str
    csr: bytes = b""
    """PKCS#10 (DER), as it was asked with p10cr."""
    spki: bytes = b""
    """SubjectPublicKeyInfo (DER), where it was asked with kur."""
    signer: str = ""
    """SHA-256 of the certificate that asked, in hexadecimal digits."""
    is_implicit: bool = False
    """Whether nobody has to confirm the certificate."""
    due_at: dt.datetime
    nonce: bytes = b""
    """Ours, of the last answer."""
    certificate_sha256: str = ""
    """Of what was issued; empty until then."""
    is_confirmed: bool = False
    """Whether it was heard what became of that."""
