"""A bare, wrapped private key: the token unwraps it itself (C_UnwrapKey), in two steps.

The content key becomes an AES key of this session, unwrapped by the recipient's key; with that the
private key is unwrapped (RFC 5649). So neither is ever in this process. Many tokens cannot do one of
the two; for them the key is opened and imported like any other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11
from pkcs11.constants import DEFAULT

from agent.tokens.worker.cryptoki.decryption import can_decrypt, mechanism_of
from agent.tokens.worker.cryptoki.key_import import Opener
from agent.tokens.worker.cryptoki.key_objects import PRIVATE
from agent.tokens.worker.envelope import Envelope

_MECHANISMS = (Mechanism.AES_KEY_WRAP_KWP, Mechanism.AES_KEY_WRAP_PAD)
"""RFC 5649 in PKCS#11 v3.0, 2.14, and in v2.40, where some modules mean another padding by it."""
_CONTENT_KEY = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_UNSAID = dict.fromkeys(
    (Attribute.ENCRYPT, Attribute.VERIFY, Attribute.WRAP, Attribute.DERIVE), DEFAULT
)
"""What python-pkcs11 would say of every key, and no private key has."""


class WrappedKey(msgspec.Struct, frozen=True):
    """A private key that the token unwraps."""

    content_key: Any
    mechanism: Mechanism
    wrapped: bytes

    def unwrap(self, template: Mapping[Attribute, Any]) -> Any:  # noqa: ANN401
        """Unwrap it into an object with the attributes of ``template``, and return that; PKCS11Error."""
        return self.content_key.unwrap_key(
            ObjectClass.PRIVATE_KEY,
            KeyType.RSA,
            self.wrapped,
            mechanism=self.mechanism,
            capabilities=MechanismFlag.DECRYPT,
            template={**_UNSAID, **template},
        )


def wrapped_key(envelope: Envelope, opener: Opener, wanted: rsa.RSAPublicKey) -> WrappedKey | None:
    """Return the private key of ``wanted`` where the token can unwrap it.

    It has unwrapped it by then, for this session, and decrypted with it. Why a token does not is not
    asked: whoever opens the envelope instead finds out.
    """
    if not envelope.is_bare:
        return None
    for content_key in _content_keys(envelope, opener):
        for mechanism in _MECHANISMS:
            wrapped = WrappedKey(content_key, mechanism, envelope.content)
            with contextlib.suppress(p11.PKCS11Error):
                trial = wrapped.unwrap({**PRIVATE, Attribute.TOKEN: False})
                if can_decrypt(trial, wanted):
                    return wrapped
    return None


def _content_keys(envelope: Envelope, opener: Opener) -> Iterator[Any]:
    """Yield the content key, as an object of this session, for each recipient it may be meant for."""
    if not hasattr(opener.private, "unwrap_key"):  # CKA_UNWRAP is false
        return
    for recipient in envelope.recipients_for(opener.identity):
        mechanism, parameters = mechanism_of(recipient.oaep)
        with contextlib.suppress(p11.PKCS11Error):
            yield opener.private.unwrap_key(
                ObjectClass.SECRET_KEY,
                KeyType.AES,
                recipient.encrypted_key,
                mechanism=mechanism,
                mechanism_param=parameters,
                capabilities=MechanismFlag.UNWRAP,
                template=_CONTENT_KEY,
            )
