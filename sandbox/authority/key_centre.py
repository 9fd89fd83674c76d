"""The key centre (密钥管理中心): generates encryption keys and envelopes them to tokens.

What it keeps until installation is confirmed is the envelope, never the key: once the call that
made a key has ended, only the token can read it. There is no escrow.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.certificates.names import same_name, subject_of
from agent.keys.certified import key_of
from agent.renewals.authorities.ra_protocol import ApplicationState, Manifest, ProblemCode
from sandbox.authority.ca import Authority, identity_pem, read_identity, renewed_validity
from sandbox.authority.enrolment import issued_record
from sandbox.authority.ledger import Ledger, current_version, manifest_of
from sandbox.authority.rules.key_package import Signer
from sandbox.authority.rules.key_request import KeyRequest, read_key_request
from sandbox.authority.rules.lifecycle import REFUSED
from sandbox.authority.rules.manifest_check import check_not_overtaken
from sandbox.authority.rules.parcels import (
    Parcel,
    media_type_of,
    needs_signing_key,
    parcel_for,
)
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.rules.recipients import (
    check_recipient,
    identifiers,
    recipient_key,
)
from sandbox.authority.rules.records import Application, IssuedCertificate, KeyEnvelope
from sandbox.authority.store import Transaction
from sandbox.home import Home, SandboxError, create_file
from sandbox.private_keys import Native, PrivateKey, new_key
from sandbox.problems import RefusalError

_SIGNER_KIND = "rsa:2048"


@dataclass(frozen=True)
class ServerKey:
    """An encryption certificate and its private key, enveloped to the token."""

    envelope: bytes
    certificate: x509.Certificate

    @property
    def media_type(self) -> str:
        """What the envelope is."""
        return media_type_of(self.envelope)


class KeyCentre:
    """The call ``serverkeygen``."""

    def __init__(self, ledger: Ledger, authority: Authority, signer: Signer) -> None:
        self._ledger = ledger
        self._authority = authority
        self._signer = signer

    def generate(self, application: str, secret: str, csr_der: bytes) -> ServerKey | None:
        """Return the enveloped key and its certificate, always the same; None while not released.

        Raises:
            RefusalError: MALFORMED for a request that is not this application's; RECIPIENT_REFUSED
                for a key the manifest does not name; WRONG_STATE when nothing will come of it.
        """
        request = read_key_request(csr_der)
        with self._ledger.owned(application, secret) as (transaction, found):
            parcel = self._parcel(transaction, found, request)
            if found.state is not ApplicationState.RELEASED:
                return None
            _check_enrolled(transaction, found, parcel)
            if (kept := _kept(transaction, application)) is not None:
                return kept
        # Outside the transaction: it takes a while, and others want the database.
        key = new_key(parcel.key_kind)
        with self._ledger.owned(application, secret) as (transaction, found):
            _check_open(found)
            return _kept(transaction, application) or self._made(transaction, found, key, parcel)

    def _parcel(
        self, transaction: Transaction, application: Application, request: KeyRequest
    ) -> Parcel:
        _check_open(application)
        old = _old_certificate(transaction, application)
        if not same_name(request.subject, subject_of(old.der)):
            raise RefusalError(ProblemCode.MALFORMED, "the subject is not the old one's")
        public_key = _named_recipient(manifest_of(current_version(transaction, application)))
        policy = self._ledger.rules.policy
        if _kept(transaction, application.id) is None:
            issued = application.issued_sha256
            key = check_recipient(public_key, old.uscc, transaction, policy, issued)
        else:  # asked again: what it was given has replaced the recipient's certificate since
            key = recipient_key(public_key)
        if request.decrypt_key_identifier not in identifiers(key, transaction):
            raise RefusalError(
                ProblemCode.RECIPIENT_REFUSED,
                "AsymmetricDecryptKeyIdentifier is not the manifest's",
            )
        return parcel_for(key, request, policy, bare_keys=self._ledger.rules.bare_keys)

    def _made(
        self,
        transaction: Transaction,
        application: Application,
        key: PrivateKey,
        parcel: Parcel,
    ) -> ServerKey:
        old = _old_certificate(transaction, application)
        check_not_overtaken(old, application.issued_sha256, transaction)
        certificate = self._authority.issue(
            Organisation(old.organisation, old.uscc),
            CertificateUse.ENCRYPTION,
            key.public,
            renewed_validity(old.not_after, self._ledger.clock()),
        )
        record = issued_record(
            certificate, old, use=CertificateUse.ENCRYPTION, phone=application.phone
        )
        envelope = parcel.envelope(key, self._signer)
        transaction.add_certificate(record)
        transaction.save_envelope(
            KeyEnvelope(
                application=application.id, certificate_sha256=record.sha256, envelope=envelope
            )
        )
        return ServerKey(envelope, certificate)


def key_centre_signer(home: Home, authority: Authority, now: dt.datetime) -> Signer:
    """Return the key centre's own key and certificate, made in ``home`` on first use.

    Raises:
        SandboxError: its file is there and cannot be read.
    """
    if not home.key_centre.exists():
        made = new_key(_SIGNER_KIND)
        certificate = authority.issue_key_centre(made.public, now)
        create_file(home.key_centre, identity_pem(made, certificate))
    key, certificate = read_identity(home.key_centre, "the key centre")
    if not isinstance(key, Native) or not isinstance(key.key, rsa.RSAPrivateKey):
        raise SandboxError(f"{home.key_centre} does not hold an RSA key")
    return Signer(key.key, certificate)


def _check_open(application: Application) -> None:
    if application.state in REFUSED:
        raise RefusalError(ProblemCode.WRONG_STATE, f"the application is {application.state}")


def _check_enrolled(transaction: Transaction, application: Application, parcel: Parcel) -> None:
    """Check that a recipient which has to be the new signing key was proved to be it, by enrolling.

    One that must not be it is proved to be none in the same way, where keys of its kind may.
    """
    recipient = recipient_key(
        _named_recipient(manifest_of(current_version(transaction, application)))
    )
    issued = transaction.certificate(application.issued_sha256 or "")
    if issued is None:
        if needs_signing_key(parcel):
            raise RefusalError(
                ProblemCode.WRONG_STATE, "the signing certificate comes first: simpleenroll"
            )
        return
    is_signing = key_of(x509.load_der_x509_certificate(issued.der)) == recipient
    if is_signing is not needs_signing_key(parcel):
        raise RefusalError(
            ProblemCode.RECIPIENT_REFUSED,
            "into a container by its own signing key, and by no other",
        )


def _named_recipient(manifest: Manifest) -> bytes:
    if manifest.encryption_recipient is None:
        raise RefusalError(
            ProblemCode.RECIPIENT_REFUSED, "the manifest asks for no encryption certificate"
        )
    return manifest.encryption_recipient


def _kept(transaction: Transaction, application: str) -> ServerKey | None:
    kept = transaction.envelope(application)
    if kept is None:
        return None
    record = transaction.certificate(kept.certificate_sha256)
    assert record is not None, "the database's foreign key holds it"
    return ServerKey(kept.envelope, x509.load_der_x509_certificate(record.der))


def _old_certificate(transaction: Transaction, application: Application) -> IssuedCertificate:
    old = transaction.certificate(application.certificate_sha256)
    assert old is not None, "the database's foreign key holds it"
    return old
