"""Messages that the key to be renewed signs, each with one signature of the token (RFC 9483, 3.2)."""

from __future__ import annotations

import datetime as dt
import secrets

import msgspec
from cryptography import x509
from msgspec.structs import replace

from agent.certificates.names import issuer_of, subject_of
from agent.keys.certified import extension_of, key_of
from agent.keys.public_key import PublicKey
from agent.keys.requests import read_request
from agent.keys.schemes import signature_algorithm
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import Confirmation
from agent.renewals.authorities.cmp.key_update import KeyUpdateDraft
from agent.renewals.authorities.cmp.messages import BodyKind, Header, protected_part, written
from agent.renewals.authorities.cmp.signed_transaction import SignedMessage, SignedTransaction
from agent.renewals.authorities.cmp.talk import NONCE_BYTES
from agent.renewals.authorities.enrolment import Application, Signer, SigningKey


class Speaker(msgspec.Struct, frozen=True):
    """Who signs for a renewal, while a PIN counts."""

    application: Application
    signer: Signer
    now: dt.datetime

    async def key_update(self, request: bytes) -> SignedMessage:
        """Return kur for the key of a PKCS#10 request, in a transaction nobody has heard of.

        The token signs twice: the new key proves itself, the old one says who asks.
        """
        key = read_request(request).key()
        draft = KeyUpdateDraft(certificate=self.application.certificate, key=key)
        proof = await self.signer.sign(draft.to_be_signed, SigningKey.NEW, key.family)
        header = Header(transaction=secrets.token_bytes(NONCE_BYTES), is_confirmed_implicitly=True)
        return await self._signed(header, BodyKind.KUR, draft.signed(proof))

    async def poll(self, transaction: SignedTransaction) -> SignedMessage:
        """Return pollReq."""
        content = bodies.poll_request(transaction.request_id)
        return await self._signed(_following(transaction), BodyKind.POLL_REQ, content)

    async def confirmation(self, transaction: SignedTransaction) -> SignedMessage:
        """Return certConf, by which the certificate is taken."""
        content = Confirmation(
            certificate_hash=bodies.certificate_hash(transaction.certificate),
            request_id=transaction.request_id,
        ).der
        return await self._signed(_following(transaction), BodyKind.CERT_CONF, content)

    async def _signed(self, header: Header, kind: BodyKind, body: bytes) -> SignedMessage:
        der = self.application.certificate
        certificate = x509.load_der_x509_certificate(der)
        key = key_of(certificate)
        header = replace(
            header,
            sender=subject_of(der),
            recipient=issuer_of(der),
            time=self.now,
            algorithm=signature_algorithm(key.family),
            key_id=_key_identifier(certificate, key),
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        part = protected_part(header, kind, body)
        signature = await self.signer.sign(part, SigningKey.OLD, key.family)
        return SignedMessage(
            kind=kind,
            transaction=header.transaction,
            nonce=header.nonce,
            message=written(part, signature, (der,)),
        )


def _following(transaction: SignedTransaction) -> Header:
    return Header(transaction=transaction.id, answers=transaction.answers)


def _key_identifier(certificate: x509.Certificate, key: PublicKey) -> bytes:
    """Return the certificate's subjectKeyIdentifier; where it has none, what most authorities make."""
    found = extension_of(certificate, x509.SubjectKeyIdentifier)
    return key.identifier if found is None else found.digest
