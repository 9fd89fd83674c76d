"""What a token does with encryption keys: prove one, and take one that an authority made."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import exceptions as p11

from agent.ground.language import mark
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.tokens import protocol
from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.model import KeyPairFacts
from agent.tokens.pin import wipe
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.decryption import decrypt
from agent.tokens.worker.cryptoki.key_import import Opener, opened_key, rsa_key_of
from agent.tokens.worker.cryptoki.key_objects import Template, is_stored, private_parts, store
from agent.tokens.worker.cryptoki.key_pairs import facts_of
from agent.tokens.worker.cryptoki.key_unwrap import wrapped_key
from agent.tokens.worker.envelope import read_envelope
from agent.tokens.worker.oaep import OaepError

_PROOF_BYTES = 32
_GONE = (p11.DeviceError, p11.DeviceRemoved, p11.TokenNotPresent, p11.SessionHandleInvalid)


def prove_decryption(access: TokenAccess, request: protocol.ProveDecryption) -> bool:
    """Encrypt something by PKCS#1 v1.5, and have the token decrypt it; no other key than RSA does."""
    private = access.private(request.key)
    public = PublicKey.read(request.public_key)
    if public.family is not Family.RSA:
        return False
    secret = os.urandom(_PROOF_BYTES)
    opened = decrypt(private, public.seal(secret), None)
    return hmac.compare_digest(opened, secret)


def decrypt_key(access: TokenAccess, request: protocol.DecryptKey) -> bytes:
    """Decrypt a message's key; what is none becomes a random one, as the request says.

    A token that was pulled out is an error all the same: nobody can bring that about from afar.
    """
    otherwise = os.urandom(request.size)
    try:
        found = decrypt(access.private(request.key), request.encrypted_key, request.oaep)
    except (OaepError, p11.PKCS11Error) as error:
        if isinstance(error, _GONE):
            raise
        return otherwise
    try:
        return bytes(found) if len(found) == request.size else otherwise
    finally:
        wipe(found)


def import_key_pair(access: TokenAccess, request: protocol.ImportKeyPair) -> KeyPairFacts:
    """Store a private key that an authority made, unless it is stored already."""
    if request.envelope_kind != protocol.EnvelopeKind.CMS:
        raise KeyEnvelopeInvalidError(
            reason=mark("this driver does not open envelopes of its kind")
        )
    wanted = rsa_key_of(request.certificate)
    if not is_stored(access.session, request.key, wanted):
        put = _private_half(access, request, wanted)
        with access.writing():
            store(access.session, put, wanted, request.key, request.label)
    return facts_of(access, request.key)


def _private_half(
    access: TokenAccess, request: protocol.ImportKeyPair, wanted: rsa.RSAPublicKey
) -> Callable[[Template], object]:
    """Return what stores the key in the envelope, by the token itself where it can."""
    envelope = read_envelope(request.envelope)
    opener = Opener.found(
        access.session,
        request.recipient,
        lambda session: access.private(request.recipient, session),
    )
    wrapped = wrapped_key(envelope, opener, wanted)
    if wrapped is not None:
        return wrapped.unwrap
    numbers = private_parts(opened_key(envelope, opener, wanted))
    return lambda template: access.session.create_object({**template, **numbers})
