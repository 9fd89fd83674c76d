"""Issuing the new signing certificate for a released application: the core of simpleenroll."""

from __future__ import annotations

import hashlib

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.names import same_name, subject_of
from agent.keys.public_key import PublicKey
from agent.renewals.authorities.ra_protocol import ApplicationState, Manifest, ProblemCode
from sandbox.authority.ca import Authority, renewed_validity
from sandbox.authority.ledger import Ledger, current_version, manifest_of
from sandbox.authority.rules.certificate_request import check_key_type, read_request
from sandbox.authority.rules.lifecycle import REFUSED
from sandbox.authority.rules.manifest_check import check_not_overtaken
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.rules.recipients import check_signing_recipient
from sandbox.authority.rules.records import Application, IssuedCertificate
from sandbox.authority.store import Transaction
from sandbox.problems import RefusalError


class Enrolment:
    """Hands out the certificates of released applications."""

    def __init__(self, ledger: Ledger, authority: Authority) -> None:
        self._ledger = ledger
        self._authority = authority

    def enrol(self, application: str, secret: str, csr_der: bytes) -> x509.Certificate | None:
        """Return the certificate for the request, always the same one; None while not released.

        Raises:
            RefusalError: MALFORMED, BAD_SIGNATURE for a request that is not the manifest's or does
                not prove possession of its key; WRONG_STATE when nothing will come of it.
        """
        request, key = read_request(csr_der)
        with self._ledger.owned(application, secret) as (transaction, found):
            old = transaction.certificate(found.certificate_sha256)
            assert old is not None, "the database's foreign key holds it"
            if found.state in REFUSED:
                raise RefusalError(ProblemCode.WRONG_STATE, f"the application is {found.state}")
            manifest = manifest_of(current_version(transaction, found))
            if hashlib.sha256(csr_der).hexdigest() != manifest.csr_sha256:
                raise RefusalError(ProblemCode.MALFORMED, "not the request the manifest names")
            if not same_name(request.subject, subject_of(old.der)):
                raise RefusalError(ProblemCode.MALFORMED, "the subject is not the old one's")
            check_key_type(key, self._ledger.rules.policy.new_key_types)
            check_signing_recipient(key, manifest, self._ledger.rules.policy)
            _check_not_sent(transaction, found, manifest, key)
            if found.state is not ApplicationState.RELEASED:
                return None
            return self._issued(transaction, found, old, key)

    def _issued(
        self,
        transaction: Transaction,
        application: Application,
        old: IssuedCertificate,
        key: PublicKey,
    ) -> x509.Certificate:
        if application.issued_sha256 is not None:
            known = transaction.certificate(application.issued_sha256)
            assert known is not None, "the database's foreign key holds it"
            return x509.load_der_x509_certificate(known.der)
        check_not_overtaken(old, None, transaction)
        certificate = self._authority.issue(
            Organisation(old.organisation, old.uscc),
            CertificateUse.SIGNING,
            key,
            renewed_validity(old.not_after, self._ledger.clock()),
        )
        record = issued_record(
            certificate, old, use=CertificateUse.SIGNING, phone=application.phone
        )
        transaction.add_certificate(record)
        transaction.save_application(
            msgspec.structs.replace(application, issued_sha256=record.sha256)
        )
        return certificate


def _check_not_sent(
    transaction: Transaction, application: Application, manifest: Manifest, key: PublicKey
) -> None:
    """Check that nothing was enveloped to this key as to one that does not sign."""
    is_first = application.issued_sha256 is None
    if (
        is_first
        and key.der == manifest.encryption_recipient
        and transaction.envelope(application.id)
    ):
        raise RefusalError(
            ProblemCode.RECIPIENT_REFUSED, "one key must not both sign and receive the other"
        )


def issued_record(
    certificate: x509.Certificate, like: IssuedCertificate, *, use: CertificateUse, phone: str
) -> IssuedCertificate:
    """Return the record of ``certificate``, issued to the organisation of ``like``."""
    der = certificate.public_bytes(Encoding.DER)
    return IssuedCertificate(
        sha256=hashlib.sha256(der).hexdigest(),
        use=use,
        organisation=like.organisation,
        uscc=like.uscc,
        phone=phone,
        not_after=certificate.not_valid_after_utc,
        der=der,
    )
