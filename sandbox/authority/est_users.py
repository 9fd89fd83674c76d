"""Enrolment without a dossier: user names and passwords registered beforehand, pending included.

What a plain EST server does (RFC 7030, 4.2), with HTTP Basic in place of a client certificate.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from agent.certificates.names import same_name, subject_of
from agent.keys.public_key import PublicKey
from agent.keys.requests import Request
from agent.renewals.authorities.ra_protocol import ProblemCode
from sandbox.authority.ca import Authority, renewed_validity
from sandbox.authority.enrolment import issued_record
from sandbox.authority.ledger import Ledger
from sandbox.authority.rules.certificate_request import check_key_type, read_request
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.rules.records import EstRequest, EstUser, IssuedCertificate
from sandbox.authority.store import Store, Transaction
from sandbox.problems import RefusalError

_UNKNOWN = "no such user, or another password"


@dataclass(frozen=True)
class Later:
    """Not yet: ask again in so many seconds."""

    seconds: int


class EstUsers:
    """The calls under the label ``plain``."""

    def __init__(self, ledger: Ledger, authority: Authority) -> None:
        self._ledger = ledger
        self._authority = authority

    def enrol(self, name: str, password: str, csr_der: bytes) -> x509.Certificate | Later:
        """Return the certificate for a request, always the same one, or how long to wait for it.

        Raises:
            RefusalError: UNAUTHORISED; MALFORMED, BAD_SIGNATURE for a request that is not
                accepted.
        """
        return self._asked(name, password, csr_der, renews=False)

    def reenrol(self, name: str, password: str, csr_der: bytes) -> x509.Certificate | Later:
        """Like :meth:`enrol`, for a subject that has a certificate already (RFC 7030, 4.2.2).

        Raises:
            RefusalError: the same, and MALFORMED for a subject that has none.
        """
        return self._asked(name, password, csr_der, renews=True)

    def _asked(
        self, name: str, password: str, csr_der: bytes, *, renews: bool
    ) -> x509.Certificate | Later:
        with self._ledger.store.transaction() as transaction:
            user = _checked_user(transaction.est_user(name), password)
            asked, key = read_request(csr_der)
            check_key_type(key, self._ledger.rules.policy.new_key_types)
            old = _certificate_to_renew(transaction, user, asked, renews=renews)
            request = self._request(transaction, user, csr_der)
            if request.certificate is not None:
                return x509.load_der_x509_certificate(request.certificate)
            wait = (request.due_at - self._ledger.clock()).total_seconds()
            if wait > 0:
                return Later(math.ceil(wait))
            return self._issued(transaction, request, asked, key, old)

    def _request(self, transaction: Transaction, user: EstUser, csr_der: bytes) -> EstRequest:
        """Return what is known of the request; it is known from its first coming on."""
        digest = hashlib.sha256(csr_der).hexdigest()
        for request in transaction.est_requests(user.name):
            if request.csr_sha256 == digest:
                return request
        due_at = self._ledger.clock() + dt.timedelta(seconds=user.pending_seconds)
        request = EstRequest(user=user.name, csr_sha256=digest, due_at=due_at)
        transaction.save_est_request(request)
        return request

    def _issued(
        self,
        transaction: Transaction,
        request: EstRequest,
        asked: Request,
        key: PublicKey,
        old: IssuedCertificate | None,
    ) -> x509.Certificate:
        now = self._ledger.clock()
        validity = renewed_validity(old.not_after if old else now, now)
        if old is None:
            certificate = self._authority.issue_to_subject(asked.csr.subject, key, validity)
        else:
            organisation = Organisation(old.organisation, old.uscc)
            certificate = self._authority.issue(organisation, CertificateUse.SIGNING, key, validity)
            transaction.add_certificate(
                issued_record(certificate, old, use=CertificateUse.SIGNING, phone=old.phone)
            )
        der = certificate.public_bytes(Encoding.DER)
        transaction.save_est_request(msgspec.structs.replace(request, certificate=der))
        return certificate


def register_user(
    store: Store, name: str, password: str, *, uscc: str = "", pending_seconds: float = 0
) -> None:
    """Register ``name``, or give it another password and terms."""
    salt = secrets.token_bytes(16)
    user = EstUser(
        name=name,
        salt=salt,
        password_scrypt=_scrypt(password, salt),
        uscc=uscc,
        pending_seconds=pending_seconds,
    )
    with store.transaction() as transaction:
        transaction.save_est_user(user)


def _checked_user(user: EstUser | None, password: str) -> EstUser:
    # The same work for a name nobody has: time must not tell which names there are.
    given = _scrypt(password, user.salt if user else b"")
    if user is None or not hmac.compare_digest(given, user.password_scrypt):
        raise RefusalError(ProblemCode.UNAUTHORISED, _UNKNOWN)
    return user


def _certificate_to_renew(
    transaction: Transaction, user: EstUser, asked: Request, *, renews: bool
) -> IssuedCertificate | None:
    """Return the organisation's newest certificate; None for a user bound to no organisation."""
    if not user.uscc:
        subject = _read_subject(asked)
        _check_no_organisation(transaction, subject)
        if renews and subject not in _subjects(transaction, user):
            raise RefusalError(ProblemCode.MALFORMED, "you have no certificate of that subject")
        return None
    old = transaction.newest_signing_certificate(user.uscc)
    if old is None or not same_name(asked.subject, subject_of(old.der)):
        raise RefusalError(ProblemCode.MALFORMED, "the subject is not your organisation's")
    return old


def _read_subject(request: Request) -> x509.Name:
    try:
        return request.csr.subject
    except ValueError as error:
        raise RefusalError(ProblemCode.MALFORMED, "the subject cannot be read here") from error


def _check_no_organisation(transaction: Transaction, subject: x509.Name) -> None:
    """Refuse an organisation's name to a user who is bound to none: that is the RA API's to give."""
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in subject.get_attributes_for_oid(kind):
            if transaction.is_organisation(str(attribute.value)):
                raise RefusalError(ProblemCode.MALFORMED, "the subject is an organisation's")


def _subjects(transaction: Transaction, user: EstUser) -> list[x509.Name]:
    return [
        x509.load_der_x509_certificate(request.certificate).subject
        for request in transaction.est_requests(user.name)
        if request.certificate is not None
    ]


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
