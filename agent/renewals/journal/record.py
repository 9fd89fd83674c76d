"""What is kept of a renewal: facts that may be shown, and a private part that is encrypted."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.ground.bus import Event
from agent.ground.private import Private
from agent.ground.reports import ErrorReport
from agent.renewals.authorities.ra_protocol import (
    Applicant,
    DocumentDigest,
    DocumentName,
    Policy,
    Remark,
)
from agent.renewals.journal.states import ENDED, State, Waiting, check_transition
from agent.tokens.model import KeyName, TokenReference
from agent.tokens.protocol import EnvelopeKind


class EncryptionPart(msgspec.Struct, frozen=True, kw_only=True):
    """The encryption half of the pair under renewal: names of keys on the token.

    All but the last are chosen and saved before anything is made under them.
    """

    key_id: KeyName
    """Of the new encryption key; where a token puts it beside the new signing key, the name of that place."""
    transport_id: KeyName
    """Of the key pair the new key is enveloped to, where the current one does not serve."""
    current_id: KeyName = b""
    """Of the encryption key in use; empty where there is none."""
    recipient_id: KeyName = b""
    """Of the key that opens the envelope, decided with the first PIN; empty until then, and where the token
    takes an encryption key in no way the authority sends one."""


class PrivatePart(Private, frozen=True, kw_only=True):
    """What only this machine may read; sealed before it reaches the disk."""

    secret: str
    """The application's password at the authority."""
    certificate: bytes
    """The certificate to renew (DER), as the token had it at the start."""
    applicant: Applicant | None = None
    documents: dict[DocumentName, DocumentDigest] = msgspec.field(default_factory=dict)
    request: bytes = b""
    """PKCS#10 (DER), signed by the new key."""
    manifest: bytes = b""
    """CMS SignedData (DER) over the manifest, signed by the old key."""
    exchange: bytes = b""
    """The enrolment's own notes on its exchange with the authority; nobody else reads them."""
    new_certificate: bytes = b""
    encryption_certificate: bytes = b""
    """The encryption certificate in use (DER), as the token had it at the start."""
    recipient: bytes = b""
    """SubjectPublicKeyInfo (DER) the new encryption key is enveloped to."""
    key_envelope: bytes = b""
    """The new encryption key as it travels (DER): only the token opens it."""
    envelope_kind: EnvelopeKind = EnvelopeKind.CMS
    """In what."""
    new_encryption_certificate: bytes = b""
    remarks: tuple[Remark, ...] = ()
    """The staff's words, which may name people."""
    phone_hint: str = ""
    reference: str = ""
    """What the authority handed out for this renewal, as the next; empty until it was entered."""
    shared_secret: str = ""


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """One run from wish to installed certificate."""

    id: str
    """UUID, the application's name at the authority too."""
    thumbprint: str
    """The certificate to renew."""
    organisation: str
    authority: str
    """Name of the configured authority."""
    token: TokenReference
    key_id: KeyName
    """Of the key to renew."""
    new_key_id: KeyName
    """Of the new pair; chosen and saved before the pair is generated."""
    state: State
    waiting: Waiting | None
    created: dt.datetime
    updated: dt.datetime
    private: PrivatePart
    revision: int = 0
    """How often it has been saved; a change made to an older one is refused."""
    version: int = 1
    """Of the submission; each amendment is one more."""
    policy: Policy | None = None
    """The authority's, as it was when the renewal started; None until it has been asked."""
    needs_dossier: bool = True
    """Whether a dossier belongs to it, once its policy is known."""
    is_proved: bool = False
    """The new certificate is on the token and its key has signed."""
    is_withdrawing: bool = False
    """It has come to nothing, and ends once the authority has been told."""
    usual_pause: float | None = None
    """Seconds the authority asks to leave between two questions in this state, once it has said so."""
    since: dt.datetime | None = None
    """When it came into this state; None for its first one."""
    failure: ErrorReport | None = None
    """Why it is withdrawn; None where the user cancelled it."""
    expected_by: dt.date | None = None
    code_sent: dt.datetime | None = None
    """When the last SMS code was sent; None as long as there was none in this state."""
    error: ErrorReport | None = None
    new_thumbprint: str | None = None
    origin: str = ""
    """The web site that started it; empty where the user did."""
    encryption: EncryptionPart | None = None
    """None where only the signing certificate is renewed: the authority sends an encryption key in no way
    that the token takes one, or the renewal is of a version that knew none."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    @property
    def in_state_since(self) -> dt.datetime:
        """When it came into this state."""
        return self.since or self.created

    @property
    def asks_for_encryption(self) -> bool:
        """Whether the encryption certificate is renewed along with the signing certificate."""
        offered = self.policy is not None and self.policy.encryption_certificate
        return offered and self.encryption is not None

    @property
    def is_of_signing_alone(self) -> bool:
        """Whether the authority renews encryption certificates too, and not this one."""
        offered = self.policy is not None and self.policy.encryption_certificate
        return offered and self.encryption is None

    def moved(self, state: State, now: dt.datetime) -> Renewal:
        """Return the renewal in a following state, waiting for nothing, its error forgotten."""
        check_transition(self.state, state)
        forgotten = {"waiting": None, "error": None, "usual_pause": None, "code_sent": None}
        return self.changed(now, state=state, since=now, **forgotten)

    def failing(self, now: dt.datetime, failure: ErrorReport) -> Renewal:
        """Return the renewal as it is to be withdrawn, for an error that trying again would not mend."""
        return self.changed(now, is_withdrawing=True, failure=failure, waiting=None, error=failure)

    def changed(self, now: dt.datetime, **changes: object) -> Renewal:
        """Return the renewal with other facts, the state as it is unless given."""
        return msgspec.structs.replace(self, updated=now, **changes)

    def forgotten(self) -> Renewal:
        """Return an ended renewal without anything that was private."""
        return msgspec.structs.replace(self, private=PrivatePart(secret="", certificate=b""))

    def with_private(self, now: dt.datetime, **changes: object) -> Renewal:
        """Return the renewal with changes to its private part."""
        return self.changed(now, private=msgspec.structs.replace(self.private, **changes))


class RenewalChanged(Event, frozen=True, kw_only=True, tag="renewal"):
    """A renewal was saved with something new to see."""

    renewal: Renewal
