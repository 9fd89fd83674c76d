"""The half every authority has: how a renewal comes to its certificates, whatever protocol is spoken. Pure.

The other half, a dossier that the authority's staff reviews, is in
:mod:`agent.renewals.authorities.dossier`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum, auto, unique
from typing import Protocol

import msgspec

from agent.ground.errors import OdcError
from agent.ground.private import Private
from agent.keys.public_key import PublicKey
from agent.keys.requests import read_request
from agent.keys.schemes import Family
from agent.renewals.authorities.authority import Credentials
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.authorities.ra_protocol import Applicant, DocumentDigest, DocumentName, Policy


class Application(Private, frozen=True, kw_only=True):
    """What an authority is told of a renewal."""

    credentials: Credentials
    policy: Policy
    """The authority's, as it was when the renewal started."""
    certificate: bytes
    """The certificate to renew (DER)."""
    version: int = 1
    """Of the submission; each amendment is one more."""
    applicant: Applicant | None = None
    documents: Mapping[DocumentName, DocumentDigest] = msgspec.field(default_factory=dict)
    recipient: bytes = b""
    """SubjectPublicKeyInfo (DER) the new encryption key is to be enveloped to; empty: none is wanted."""
    request: bytes = b""
    """PKCS#10 (DER) for the new signing key; empty until it was prepared."""
    handed_out: Credentials | None = None
    """Reference value and secret that the applicant has from the authority, where it hands them out."""

    @property
    def is_recipient_signing(self) -> bool:
        """Whether the recipient is the new signing key itself, beside which a token puts the other."""
        if not (self.recipient and self.request):
            return False
        return read_request(self.request).key() == PublicKey.read(self.recipient)


@unique
class SigningKey(Enum):
    """Which of a token's keys signs."""

    OLD = auto()
    """The one that is renewed."""
    NEW = auto()


class Signer(Protocol):
    """What the token signs for an enrolment while the first PIN counts."""

    async def request(self) -> bytes:
        """Return PKCS#10 (DER) for the new key, signed by it; asked for again it is the same."""

    async def message(self, content: bytes, content_type: str) -> bytes:
        """Return CMS SignedData (DER) over ``content``, signed by the key that is renewed.

        Args:
            content: what is signed, encapsulated.
            content_type: the eContentType that says what it is, dotted.
        """

    async def sign(self, data: bytes, key: SigningKey, family: Family) -> bytes:
        """Return a bare signature over ``data``, as :func:`signature_algorithm` names it for ``family``.

        Args:
            data: what is signed; never anything that somebody else has chosen all of.
            key: by which.
            family: the kind of that key.
        """


class Prepared(Private, frozen=True, kw_only=True):
    """What was signed with the first PIN; kept with the renewal before any of it is sent."""

    request: bytes
    """PKCS#10 (DER) for the new signing key."""
    manifest: bytes = b""
    """What a dossier is submitted under; empty where there is none."""
    exchange: bytes = b""
    """The notes the enrolment begins with."""


class Exchange(Protocol):
    """The enrolment's own notes on its exchange with the server; to everybody else they are bytes.

    They are kept with the renewal, sealed like all that is private, and given back after a restart.
    What is prepared for another submission begins them anew.
    """

    @property
    def notes(self) -> bytes:
        """What was kept last; empty where nothing was."""

    def keep(self, notes: bytes) -> None:
        """Have ``notes`` on the disk: called before what relies on them is sent.

        Raises:
            NotSavedError, StaleRenewalError: they are not; nothing may be sent.
        """


class Enrolment(Protocol):
    """How certificates are got from an authority.

    Every call may raise AuthorityUnreachableError (try again) or AuthorityRefusedError (it would be
    refused again), and every call may be repeated after a kill at any point: with what was kept it then
    has the same outcome.
    """

    @property
    def asks_for_secret(self) -> bool:
        """Whether each renewal needs a reference value and a secret of its own, before it is drafted."""

    async def time(self) -> dt.datetime | None:
        """Return the authority's time; None where it does not tell it.

        It is asked only where it has said nothing yet.
        """

    async def policy(self) -> Policy:
        """Return what a renewal needs."""

    async def prepare(self, application: Application, signer: Signer, now: dt.datetime) -> Prepared:
        """Have the token sign all that this enrolment needs from it, since there is one PIN for that.

        Nothing is sent. Errors of the token pass through.
        """

    async def enrol(self, application: Application, exchange: Exchange) -> bytes:
        """Return the new signing certificate (DER); Pending, and SignatureNeeded from a SignedTalk."""

    async def accept(
        self,
        application: Application,
        exchange: Exchange,
        certificate: bytes,
        refusal: OdcError | None,
    ) -> None:
        """Hear what became of a certificate as soon as it was checked, long before it is on the token.

        Args:
            application: what it was issued for.
            exchange: of which it is the end, in protocols that confirm.
            certificate: what ``enrol`` or ``server_key`` returned (DER).
            refusal: why it will not be installed; None where nothing is wrong with it.
        """

    async def server_key(self, application: Application, exchange: Exchange) -> ServerKey:
        """Return the new encryption key, enveloped to the application's recipient; Pending.

        Asked again it is the same key, until the installation has been confirmed.
        """

    async def close(self) -> None:
        """Close the connections."""


class SignedTalk(Protocol):
    """Of an enrolment in which the key that is renewed signs all that is said.

    So its certificate has to be valid, and what could not be signed with the first PIN takes another.
    """

    async def sign_next(
        self, application: Application, signer: Signer, notes: bytes, now: dt.datetime
    ) -> bytes:
        """Have the token sign what is to be said next, and return the notes that then go on.

        Nothing is sent. What there is nothing to sign for leaves ``notes`` as they are. Errors of the
        token pass through.
        """

    async def confirm(self, application: Application, exchange: Exchange) -> None:
        """Tell the authority that the certificate is taken, where it has not been told; signed before."""
