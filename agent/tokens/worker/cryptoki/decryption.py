"""RSA decryption on the token (PKCS#11 v2.40, 2.1.6, 2.1.8 and 2.1.7 for bare RSA)."""

from __future__ import annotations

import contextlib
import hmac
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from pkcs11 import MGF, Mechanism
from pkcs11 import exceptions as p11

from agent.tokens.worker.cryptoki.always_authenticate import in_session
from agent.tokens.worker.oaep import Oaep

_HASHES = {
    "sha1": (Mechanism.SHA_1, MGF.SHA1),
    "sha224": (Mechanism.SHA224, MGF.SHA224),
    "sha256": (Mechanism.SHA256, MGF.SHA256),
    "sha384": (Mechanism.SHA384, MGF.SHA384),
    "sha512": (Mechanism.SHA512, MGF.SHA512),
}
_UNKNOWN = (p11.MechanismInvalid, p11.MechanismParamInvalid, p11.ArgumentsBad)
"""What modules say of OAEP, or of OAEP with hashes they do not know."""
_PROBE_BYTES = 32


class DecryptionUnknownError(Exception):
    """The token does not decrypt in this way at all."""


class DecryptionWrongError(Exception):
    """The token decrypts something else than what was encrypted to its key."""


def decrypt(key: Any, data: bytes, oaep: Oaep | None) -> bytearray:  # noqa: ANN401
    """Decrypt ``data`` with a CKO_PRIVATE_KEY object, by PKCS#1 v1.5 where ``oaep`` is None.

    Raises:
        DecryptionUnknownError: the token has no mechanism for it.
        OaepError: it is not encrypted so, or not to this key.
        PKCS11Error: whatever else the module says; many say of a wrong key CKR_GENERAL_ERROR.
    """
    mechanism, parameters = mechanism_of(oaep)
    try:
        return bytearray(key.decrypt(data, mechanism=mechanism, mechanism_param=parameters))
    except _UNKNOWN:
        if oaep is None:
            raise
        return _decrypted_by_bare_rsa(key, data, oaep)


def mechanism_of(oaep: Oaep | None) -> tuple[Mechanism, tuple[Any, ...] | None]:
    """Return mechanism and parameters for PKCS#1 v1.5 (``oaep`` is None) or for OAEP."""
    if oaep is None:
        return Mechanism.RSA_PKCS, None
    return Mechanism.RSA_PKCS_OAEP, (
        _HASHES[oaep.hash][0],
        _HASHES[oaep.mask_hash][1],
        oaep.label or None,
    )


def _decrypted_by_bare_rsa(key: Any, data: bytes, oaep: Oaep) -> bytearray:  # noqa: ANN401
    try:
        block = key.decrypt(data, mechanism=Mechanism.RSA_X_509)
    except _UNKNOWN as error:
        raise DecryptionUnknownError from error
    return oaep.decoded(block, len(data))


def can_decrypt(key: Any, public: rsa.RSAPublicKey) -> bool:  # noqa: ANN401
    """Return whether ``key`` decrypts what is encrypted to ``public`` here and now.

    It does so in a session of its own: OpenSC 0.23 leaves an operation that has failed active.
    """
    probe = os.urandom(_PROBE_BYTES)
    try:
        with contextlib.closing(key.session.token.open()) as session:
            answer = decrypt(in_session(key, session), public.encrypt(probe, PKCS1v15()), None)
    except p11.PKCS11Error:
        return False
    return hmac.compare_digest(answer, probe)
