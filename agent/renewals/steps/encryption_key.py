"""The encryption key of a renewal: for whom it is enveloped, and how it comes onto the token.

The authority makes this key (GM/T 0014: the key centre does), so that documents can still be read when
a token is lost. It travels enveloped to a key that never leaves the token.
"""

from __future__ import annotations

import logging

import msgspec
from cryptography import x509

from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.certified import key_of
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.renewals.authorities.ra_protocol import ContainerKeyTransport
from agent.renewals.journal.record import EncryptionPart, Renewal
from agent.renewals.steps.checks import may_receive_keys
from agent.renewals.steps.stored import Stored, store_certificate
from agent.tokens import protocol as token
from agent.tokens.errors import TokenError, TokenMissingError
from agent.tokens.model import KeyName, KeyPairFacts
from agent.tokens.supervisor import PinSession

LABEL = "encrypt"
TRANSPORT_LABEL = "transport"
_TRANSPORT_KEY_TYPES = ("rsa:2048",)
_FAMILIES: dict[ContainerKeyTransport, Family] = {
    "sm2-enveloped-key": Family.SM2,
    "rsa-enveloped-key": Family.RSA,
}

log = logging.getLogger(__name__)


async def with_recipient(
    clock: Clock, renewal: Renewal, session: PinSession, signing: KeyPairFacts
) -> Renewal:
    """Return the renewal with a key on the token to which its new encryption key is enveloped.

    That is the new signing key where the token has the two in one place; else the current encryption
    certificate's key where it can be used, else a fresh one. Of those an amendment keeps the one of the
    first submission.
    """
    encryption = renewal.encryption
    if encryption is None or not renewal.asks_for_encryption:
        return renewal
    if signing.encryption_place:
        return _beside(clock, renewal, encryption, signing)
    if encryption.recipient_id:
        return renewal
    recipient = await _current_key(renewal, encryption, session)
    recipient_id = encryption.current_id
    if recipient is None:
        recipient = await _transport_key(encryption, session)
        recipient_id = encryption.transport_id
    now = clock()
    decided = msgspec.structs.replace(encryption, recipient_id=recipient_id)
    return renewal.with_private(now, recipient=recipient).changed(now, encryption=decided)


def _beside(
    clock: Clock, renewal: Renewal, encryption: EncryptionPart, signing: KeyPairFacts
) -> Renewal:
    """Return the renewal with the new signing key as recipient, where the authority envelopes to it.

    Where it does not, no encryption key is asked for: the token could take none.
    """
    assert renewal.policy is not None  # drafting asked for it
    key = PublicKey.read(signing.public_key)
    offered = [_FAMILIES[name] for name in renewal.policy.container_key_transport]
    now = clock()
    if key.family not in offered:
        log.info("only the signing certificate is renewed id=%s", renewal.id)
        return renewal.with_private(now, recipient=b"").changed(now, encryption=None)
    decided = msgspec.structs.replace(
        encryption, key_id=signing.encryption_place, recipient_id=signing.key
    )
    return renewal.with_private(now, recipient=key.der).changed(now, encryption=decided)


async def install_encryption_key(renewal: Renewal, session: PinSession) -> list[Stored]:
    """Import the new key with its certificate, and prove that it opens what is sealed for it.

    Return what has been stored: nothing, where no such key is renewed.
    """
    encryption = renewal.encryption
    private = renewal.private
    if encryption is None or not private.key_envelope:
        return []
    der = private.new_encryption_certificate
    # A pair that an interrupted run has stored whole is adopted.
    pair = await session.call(
        token.ImportKeyPair(
            key=encryption.key_id,
            label=LABEL,
            envelope=private.key_envelope,
            envelope_kind=private.envelope_kind,
            recipient=encryption.recipient_id,
            certificate=der,
        )
    )
    key = key_of(x509.load_der_x509_certificate(der))
    if not await _opens(key, pair.key, session):
        # The import has compared the two: it is the token that decrypts wrongly.
        reason = mark("it does not decrypt what was encrypted to its key")
        raise TokenError(module=renewal.token.module, reason=reason)
    return [await store_certificate(session, pair.key, LABEL, der)]


async def _current_key(
    renewal: Renewal, encryption: EncryptionPart, session: PinSession
) -> bytes | None:
    """Return the current encryption key (SubjectPublicKeyInfo), or None where it does not serve."""
    if not renewal.private.encryption_certificate:
        return None
    certificate = x509.load_der_x509_certificate(renewal.private.encryption_certificate)
    if not may_receive_keys(certificate):
        return None
    key = key_of(certificate)
    try:
        opens = await _opens(key, encryption.current_id, session)
    except OdcError as error:
        if error.code == TokenMissingError.code:
            raise
        return None  # its private key is not there, or is of no use
    return key.der if opens else None


async def _transport_key(encryption: EncryptionPart, session: PinSession) -> bytes:
    """Adopt the transport pair an interrupted run left, or make one."""
    key_id = encryption.transport_id
    pair = await session.call(token.FindKeyPair(key=key_id))
    if not (pair.public and pair.private):
        if pair.public or pair.private:
            await session.call(token.DestroyKeyPair(key=key_id))
        pair = await session.call(
            token.GenerateKeyPair(
                key=key_id, label=TRANSPORT_LABEL, key_types=_TRANSPORT_KEY_TYPES, usage="decrypt"
            )
        )
    return PublicKey.read(pair.public_key).der


async def _opens(key: PublicKey, name: KeyName, session: PinSession) -> bool:
    """Return whether the token's key opens what is sealed for the public ``key``."""
    if key.family is Family.EC:
        return False
    return await session.call(token.ProveDecryption(key=name, public_key=key.der))
