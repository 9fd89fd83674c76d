"""What a key on the token signs: requests, messages, proofs. SM2 with SM3, RSA with SHA-256."""

from __future__ import annotations

import datetime as dt
import hashlib

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from agent.certificates.names import subject_of
from agent.keys.digest_info import digest_info
from agent.keys.public_key import PublicKey
from agent.keys.requests import RequestDraft
from agent.keys.schemes import Family
from agent.keys.signing import SignedDataDraft
from agent.keys.sm2 import signed_digest
from agent.tokens import protocol
from agent.tokens.errors import KeyTypeUnsupportedError, SignatureInvalidError
from agent.tokens.worker.skf.access import TokenAccess
from agent.tokens.worker.skf.container import Container


def sign_request(access: TokenAccess, request: protocol.SignRequest) -> bytes:
    """Make a PKCS#10 request for the key; the old subject goes into it byte for byte."""
    with access.pair(request.key) as (container, key):
        draft = RequestDraft(subject=subject_of(request.certificate), key=key)
        return draft.signed(_signature(access, container, key, draft.to_be_signed))


def sign_message(access: TokenAccess, request: protocol.SignMessage) -> bytes:
    """Make CMS SignedData with ``content`` inside and the certificate beside it."""
    draft = SignedDataDraft(
        content=request.content,
        certificate=request.certificate,
        content_type=request.content_type,
        signing_time=dt.datetime.now(dt.UTC),
    )
    with access.pair(request.key) as (container, _):
        return draft.message(_signature(access, container, draft.key, draft.to_be_signed))


def sign_data(access: TokenAccess, request: protocol.SignData) -> bytes:
    """Sign bytes, to prove that the key is there and works."""
    with access.pair(request.key) as (container, key):
        return _signature(access, container, key, request.data)


def sign_digest(access: TokenAccess, request: protocol.SignDigest) -> bytes:
    """Sign a digest that a page chose, with RSA alone."""
    with access.pair(request.key) as (container, key):
        if key.family is not Family.RSA:
            raise KeyTypeUnsupportedError
        signature = container.sign_by_rsa(digest_info(request.algorithm, request.digest))
        if not key.verify_digest(request.digest, signature, request.algorithm):
            raise SignatureInvalidError(module=access.module.name)
        return signature


def _signature(access: TokenAccess, container: Container, key: PublicKey, data: bytes) -> bytes:
    """Return a signature, of SM2 as DER, once it was verified; SignatureInvalidError."""
    if key.family is Family.RSA:
        signature = container.sign_by_rsa(digest_info("sha256", hashlib.sha256(data).digest()))
    else:
        # e = SM3(Z ‖ data) with Z of the key that will verify it (GM/T 0009, 8.1).
        signature = encode_dss_signature(*container.sign_by_sm2(signed_digest(key.bits, data)))
    if not key.verify(data, signature):
        raise SignatureInvalidError(module=access.module.name)
    return signature
