"""What a token does with encryption keys: decrypt, and take one that an authority made."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import rsa

from agent.tokens import protocol
from agent.tokens.model import KeyPairFacts
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.decryption import SCHEMES, decrypt
from agent.tokens.worker.cryptoki.key_import import Opener, opened_key, rsa_key_of
from agent.tokens.worker.cryptoki.key_objects import Template, is_stored, private_parts, store
from agent.tokens.worker.cryptoki.key_pairs import facts_of
from agent.tokens.worker.cryptoki.key_unwrap import wrapped_key
from agent.tokens.worker.envelope import read_envelope


def decrypt_data(access: TokenAccess, request: protocol.DecryptData) -> bytes:
    """Decrypt bytes, to prove that the key is there and works."""
    private = access.private(request.id)
    return bytes(decrypt(private, request.data, SCHEMES[request.scheme]))


def import_key_pair(access: TokenAccess, request: protocol.ImportKeyPair) -> KeyPairFacts:
    """Store a private key that an authority made, unless it is stored already."""
    wanted = rsa_key_of(request.certificate)
    if not is_stored(access.session, request.id, wanted):
        put = _private_half(access, request, wanted)
        with access.writing():
            store(access.session, put, wanted, request.id, request.label)
    return facts_of(access, request.id)


def _private_half(
    access: TokenAccess, request: protocol.ImportKeyPair, wanted: rsa.RSAPublicKey
) -> Callable[[Template], object]:
    """Return what stores the key in the envelope, by the token itself where it can."""
    envelope = read_envelope(request.envelope)
    opener = Opener.found(
        access.session,
        request.recipient_id,
        lambda session: access.private(request.recipient_id, session),
    )
    wrapped = wrapped_key(envelope, opener, wanted)
    if wrapped is not None:
        return wrapped.unwrap
    numbers = private_parts(opened_key(envelope, opener, wanted))
    return lambda template: access.session.create_object({**template, **numbers})
