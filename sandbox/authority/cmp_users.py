"""Enrolment by CMP: who may ask, what becomes of it, pending and rejection included.

A user has a reference value and a secret that were handed out, or signs with a certificate of this
authority; each renews the certificate of one organisation. The secret is kept as it is, since a MAC takes
it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math

import msgspec

from agent.certificates.names import same_name, subject_of
from agent.keys.public_key import PublicKey
from agent.renewals.authorities.cmp.bodies import certificate_hash
from agent.renewals.authorities.cmp.key_update import KeyUpdate
from agent.renewals.authorities.ra_protocol import ProblemCode
from sandbox.authority.ca import Authority, renewed_validity
from sandbox.authority.enrolment import issued_record
from sandbox.authority.est_users import Later
from sandbox.authority.ledger import Ledger, revoke
from sandbox.authority.rules.certificate_request import check_key_type, read_request
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.rules.records import CmpTransaction, CmpUser
from sandbox.authority.store import Store, Transaction
from sandbox.problems import RefusalError


class CmpRefusalError(Exception):
    """A message is refused; by the name of a PKIFailureInfo (RFC 4210, 5.2.3)."""

    def __init__(self, failure: str, text: str = "") -> None:
        super().__init__(text or failure)
        self.failure = failure


class RejectedError(Exception):
    """The request itself is rejected, with these words."""


class CmpUsers:
    """What a CMP server does for the holders of its secrets."""

    def __init__(self, ledger: Ledger, authority: Authority) -> None:
        self._ledger = ledger
        self._authority = authority

    def secret_of(self, reference: bytes) -> bytes | None:
        """Return the secret that was handed out with a reference value."""
        with self._ledger.store.transaction() as transaction:
            user = transaction.cmp_user(reference.decode("utf-8", "replace"))
        return user.secret.encode() if user is not None and user.secret else None

    def signer(self, certificate: bytes) -> bytes:
        """Return the reference of the organisation whose signing certificate (DER) this is.

        Raises:
            CmpRefusalError: it is none of ours, has ended or was revoked.
        """
        with self._ledger.store.transaction() as transaction:
            known = transaction.certificate(hashlib.sha256(certificate).hexdigest())
            if known is None or known.use is not CertificateUse.SIGNING:
                raise CmpRefusalError(
                    "signerNotTrusted", "no signing certificate of this authority"
                )
            if known.revoked_at is not None:
                raise CmpRefusalError("certRevoked")
            if self._ledger.clock() > known.not_after:
                raise CmpRefusalError("signerNotTrusted", "the certificate has expired")
            reference = signed_reference(known.uscc)
            if transaction.cmp_user(reference) is None:
                user = CmpUser(reference=reference, secret="", uscc=known.uscc)
                transaction.save_cmp_user(user)
        return reference.encode()

    def request(self, reference: bytes, number: bytes, csr_der: bytes) -> bytes | Later:
        """Take the request of a new transaction, and return as :meth:`answer` does.

        Raises:
            CmpRefusalError: the transaction is known already, or the request is not accepted.
            RejectedError: it will come to nothing.
        """
        with self._ledger.store.transaction() as transaction:
            if transaction.cmp_transaction(number.hex()) is not None:
                raise CmpRefusalError("transactionIdInUse")
            user = _user(transaction, reference)
            self._check(transaction, user, csr_der)
            asked = CmpTransaction(
                id=number.hex(), user=user.reference, csr=csr_der, due_at=self._due_at(user)
            )
            transaction.save_cmp_transaction(asked)
            return self._answer(transaction, user, asked)

    def update(
        self,
        reference: bytes,
        number: bytes,
        asked: KeyUpdate,
        certificate: bytes,
        *,
        is_implicit: bool,
    ) -> bytes | Later:
        """Take the key update of a new transaction, signed with ``certificate``, as :meth:`request`.

        ``is_implicit`` is whether the client wants to confirm nothing.
        """
        signer = hashlib.sha256(certificate).hexdigest()
        with self._ledger.store.transaction() as transaction:
            if transaction.cmp_transaction(number.hex()) is not None:
                raise CmpRefusalError("transactionIdInUse")
            if transaction.is_updated(signer):
                raise CmpRefusalError("badCertId", "this certificate was updated already")
            user = _user(transaction, reference)
            self._check_update(asked, certificate)
            kept = CmpTransaction(
                id=number.hex(), user=user.reference, spki=asked.key.der, signer=signer,
                is_implicit=is_implicit and not user.wants_confirmation, due_at=self._due_at(user),
            )  # fmt: skip
            transaction.save_cmp_transaction(kept)
            return self._answer(transaction, user, kept)

    def is_implicit(self, number: bytes) -> bool:
        """Return whether the certificate of a transaction has to be confirmed by nobody."""
        with self._ledger.store.transaction() as transaction:
            found = transaction.cmp_transaction(number.hex())
        return found is not None and found.is_implicit

    def _due_at(self, user: CmpUser) -> dt.datetime:
        return self._ledger.clock() + dt.timedelta(seconds=user.pending_seconds)

    def _check_update(self, asked: KeyUpdate, certificate: bytes) -> None:
        if not asked.is_proved:
            raise CmpRefusalError("badPOP")
        try:
            check_key_type(asked.key, self._ledger.rules.policy.new_key_types)
        except RefusalError as refusal:
            raise CmpRefusalError("badCertTemplate", str(refusal)) from refusal
        if asked.subject and not same_name(asked.subject, subject_of(certificate)):
            raise CmpRefusalError("badCertTemplate", "the subject is not your organisation's")

    def poll(self, reference: bytes, number: bytes, answers: bytes) -> bytes | Later:
        """Return what has come of a transaction: its certificate (DER), or when to ask again.

        ``answers`` is the nonce of ours that the poll names; none, where our answer was lost.

        Raises:
            CmpRefusalError, RejectedError: as :meth:`request` does.
        """
        with self._ledger.store.transaction() as transaction:
            user, found = _found(transaction, reference, number)
            if answers and answers != found.nonce:
                raise CmpRefusalError("badRecipientNonce")
            return self._answer(transaction, user, found)

    def said(self, number: bytes, nonce: bytes) -> None:
        """Remember the nonce of what was answered last: the next message is to name it."""
        with self._ledger.store.transaction() as transaction:
            found = transaction.cmp_transaction(number.hex())
            if found is not None:
                transaction.save_cmp_transaction(msgspec.structs.replace(found, nonce=nonce))

    def confirm(self, reference: bytes, number: bytes, digest: bytes, *, is_taken: bool) -> None:
        """Hear what became of the certificate with such a certHash; one that is not taken is revoked.

        Raises:
            CmpRefusalError: there is none to be heard of, or it was heard already.
        """
        with self._ledger.store.transaction() as transaction:
            _, found = _found(transaction, reference, number)
            if found.is_confirmed:
                raise CmpRefusalError("certConfirmed")
            issued = transaction.certificate(found.certificate_sha256)
            if issued is None or digest != certificate_hash(issued.der):
                raise CmpRefusalError("badCertId")
            transaction.save_cmp_transaction(msgspec.structs.replace(found, is_confirmed=True))
            if not is_taken:
                revoke(transaction, found.certificate_sha256, self._ledger.clock())

    def _check(self, transaction: Transaction, user: CmpUser, csr_der: bytes) -> None:
        old = transaction.newest_signing_certificate(user.uscc)
        try:
            asked, key = read_request(csr_der)
            check_key_type(key, self._ledger.rules.policy.new_key_types)
        except RefusalError as refusal:
            is_forged = refusal.code is ProblemCode.BAD_SIGNATURE
            raise CmpRefusalError(
                "badPOP" if is_forged else "badCertTemplate", str(refusal)
            ) from refusal
        if old is None or not same_name(asked.subject, subject_of(old.der)):
            raise CmpRefusalError("badCertTemplate", "the subject is not your organisation's")

    def _answer(
        self, transaction: Transaction, user: CmpUser, asked: CmpTransaction
    ) -> bytes | Later:
        wait = (asked.due_at - self._ledger.clock()).total_seconds()
        if wait > 0:
            return Later(math.ceil(wait))
        if user.rejection:
            raise RejectedError(user.rejection)
        if not asked.certificate_sha256:
            return self._issued(transaction, user, asked)
        known = transaction.certificate(asked.certificate_sha256)
        assert known is not None, "certificates are never deleted"
        return known.der

    def _issued(self, transaction: Transaction, user: CmpUser, asked: CmpTransaction) -> bytes:
        old = transaction.newest_signing_certificate(user.uscc)
        assert old is not None, "it was there when the request came"
        key = PublicKey.read(asked.spki) if asked.spki else read_request(asked.csr)[1]
        certificate = self._authority.issue(
            Organisation(old.organisation, old.uscc),
            CertificateUse.SIGNING,
            key,
            renewed_validity(old.not_after, self._ledger.clock()),
        )
        record = issued_record(certificate, old, use=CertificateUse.SIGNING, phone=old.phone)
        transaction.add_certificate(record)
        transaction.save_cmp_transaction(
            msgspec.structs.replace(
                asked, certificate_sha256=record.sha256, is_confirmed=asked.is_implicit
            )
        )
        return record.der


def signed_reference(uscc: str) -> str:
    """Return the reference under which it is known what becomes of an organisation's key updates."""
    return f"signed:{uscc}"


def hand_out(store: Store, user: CmpUser) -> None:
    """Register a reference value with its secret, or change what is known of it."""
    with store.transaction() as transaction:
        transaction.save_cmp_user(user)


def _user(transaction: Transaction, reference: bytes) -> CmpUser:
    user = transaction.cmp_user(reference.decode("utf-8", "replace"))
    assert user is not None, "its secret has proved the message"
    return user


def _found(
    transaction: Transaction, reference: bytes, number: bytes
) -> tuple[CmpUser, CmpTransaction]:
    user = _user(transaction, reference)
    found = transaction.cmp_transaction(number.hex())
    if found is None or found.user != user.reference:
        raise CmpRefusalError("badRequest", "no such transaction")
    return user, found
