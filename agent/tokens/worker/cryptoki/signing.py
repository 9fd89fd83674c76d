"""What a key on the token signs: requests, messages, proofs."""

from __future__ import annotations

import datetime as dt

from cryptography import x509

from agent.certificates.names import subject_of
from agent.keys.public_key import PublicKey
from agent.keys.requests import RequestDraft
from agent.keys.signing import SignedDataDraft
from agent.tokens import protocol
from agent.tokens.worker.cryptoki import keys
from agent.tokens.worker.cryptoki.access import TokenAccess


def sign_request(access: TokenAccess, request: protocol.SignRequest) -> bytes:
    """Make a PKCS#10 request for the key; the old subject goes into it byte for byte."""
    key = access.signing_key(request.key)
    draft = RequestDraft(
        subject=subject_of(request.certificate),
        key=PublicKey.from_cryptography(key.public_key()),
    )
    return draft.signed(keys.sign_data(key, draft.to_be_signed))


def sign_message(access: TokenAccess, request: protocol.SignMessage) -> bytes:
    """Make CMS SignedData with ``content`` inside and the certificate beside it."""
    draft = SignedDataDraft(
        content=request.content,
        certificate=request.certificate,
        content_type=request.content_type,
        signing_time=dt.datetime.now(dt.UTC),
    )
    certificate = x509.load_der_x509_certificate(request.certificate)
    key = access.signing_key(request.key, certificate)
    return draft.message(keys.sign_data(key, draft.to_be_signed))


def sign_data(access: TokenAccess, request: protocol.SignData) -> bytes:
    """Sign bytes: to prove that the key is there and works, and for pages."""
    return keys.sign_data(access.signing_key(request.key), request.data, request.digest)


def sign_digest(access: TokenAccess, request: protocol.SignDigest) -> bytes:
    """Sign a digest that a page chose."""
    return keys.sign_digest(access.signing_key(request.key), request.digest, request.algorithm)
