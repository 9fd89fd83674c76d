"""What a token does with encryption keys: prove one, and take one that an authority made."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from cryptography import x509

from agent.ground.language import mark
from agent.keys import sm4
from agent.keys.certified import key_of
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.schemes import Family
from agent.keys.sm2_cipher import Sm2Cipher
from agent.keys.sm2_enveloped_key import EnvelopedKeyError, Sm2EnvelopedKey
from agent.tokens import protocol
from agent.tokens.errors import (
    KeyEnvelopeInvalidError,
    KeyEnvelopeUnopenedError,
    KeyIdTakenError,
    KeyMismatchError,
)
from agent.tokens.model import KeyPairFacts
from agent.tokens.worker.skf.access import TokenAccess, public_key
from agent.tokens.worker.skf.codes import SM4_ECB, UNOPENED, Half, SkfError
from agent.tokens.worker.skf.container import Container
from agent.tokens.worker.skf.key_names import container_of, key_name
from agent.tokens.worker.skf.key_pairs import facts_of

_KEY_BYTES = _BLOCK_BYTES = 16
Envelope = Sm2EnvelopedKey | RsaEnvelopedKey
_READERS: dict[str, Callable[[bytes], Envelope]] = {
    protocol.EnvelopeKind.SM2: Sm2EnvelopedKey.read,
    protocol.EnvelopeKind.RSA: RsaEnvelopedKey.read,
}


def prove_decryption(access: TokenAccess, request: protocol.ProveDecryption) -> bool:
    """Seal a key of SM4 for the pair, and have the token encrypt with it what is encrypted here too.

    The standard has no bare decryption.
    """
    public = PublicKey.read(request.public_key)
    if public.family not in {Family.SM2, Family.RSA}:
        return False
    with access.pair(request.key) as (container, own):
        return own.family is public.family and _opens(access, container, public)


def import_key_pair(access: TokenAccess, request: protocol.ImportKeyPair) -> KeyPairFacts:
    """Have the token take the pair in an envelope to the pair that signs, beside which it then lies.

    The token opens it by itself; some say that they have, and the key is of no use, so it is proved. One
    that is there already is proved too, and taken once more where it does not prove itself.
    """
    envelope = _checked_envelope(request)
    with access.pair(request.recipient) as (container, _):
        stored = public_key(container, Half.ENCRYPTION)
        if stored not in (None, envelope.public):
            raise KeyIdTakenError
        if stored is None or not _opens(access, container, envelope.public):
            with access.writing():
                _import(access, container, envelope)
    name, _ = container_of(request.recipient)
    return facts_of(access, key_name(name, Half.ENCRYPTION))


def _checked_envelope(request: protocol.ImportKeyPair) -> Envelope:
    """Return the envelope, whose pair is the certificate's; KeyEnvelopeInvalidError, KeyMismatchError."""
    read = _READERS.get(request.envelope_kind)
    if read is None:
        raise KeyEnvelopeInvalidError(
            reason=mark("this driver does not open envelopes of its kind")
        )
    try:
        envelope = read(request.envelope)
        wanted = key_of(x509.load_der_x509_certificate(request.certificate))
    except EnvelopedKeyError as error:
        reason = mark("it is damaged, or not of the form GM/T 0009 asks for")
        raise KeyEnvelopeInvalidError(reason=reason) from error
    except UnreadableKeyError as error:
        raise KeyMismatchError from error
    if envelope.public != wanted:
        raise KeyMismatchError
    return envelope


def _import(access: TokenAccess, container: Container, envelope: Envelope) -> None:
    """Import the pair, and prove it; a second time where it fails, since a refusal ends the renewal."""
    for _ in range(2):
        try:
            if isinstance(envelope, RsaEnvelopedKey):
                container.import_rsa_pair(envelope.sealed_key, envelope.encrypted)
            else:
                container.import_pair(access.module.library.layout.enveloped_key(envelope))
        except SkfError as error:
            if error.code not in UNOPENED:
                raise
        else:
            if _opens(access, container, envelope.public):
                return
    raise KeyEnvelopeUnopenedError


def _opens(access: TokenAccess, container: Container, public: PublicKey) -> bool:
    """Return whether the container's encryption pair opens what is sealed for ``public``."""
    key, block = os.urandom(_KEY_BYTES), os.urandom(_BLOCK_BYTES)
    sealed = public.seal(key)
    if public.family is Family.SM2:
        sealed = access.module.library.layout.cipher(Sm2Cipher.read(sealed))
    try:
        with container.session_key(sealed, SM4_ECB) as session_key:
            made = session_key.encrypted(block)
    except SkfError as error:
        if error.code in UNOPENED:
            return False
        raise
    return hmac.compare_digest(made[:_BLOCK_BYTES], sm4.encrypted(key, block))
