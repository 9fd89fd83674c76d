"""What a key on the token signs: requests, messages, proofs."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from agent.tokens import protocol
from agent.tokens.worker import keys
from agent.tokens.worker.access import TokenAccess


def sign_request(access: TokenAccess, request: protocol.SignRequest) -> bytes:
    """Make a PKCS#10 request for the key."""
    old = x509.load_der_x509_certificate(request.certificate)
    builder = x509.CertificateSigningRequestBuilder().subject_name(old.subject)
    signed = builder.sign(access.signing_key(request.id), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def sign_message(access: TokenAccess, request: protocol.SignMessage) -> bytes:
    """Make CMS SignedData with ``content`` inside and the certificate beside it."""
    certificate = x509.load_der_x509_certificate(request.certificate)
    return (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(request.content)
        .add_signer(certificate, access.signing_key(request.id, certificate), hashes.SHA256())
        .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )


def sign_data(access: TokenAccess, request: protocol.SignData) -> bytes:
    """Sign bytes, to prove that the key is there and works."""
    return keys.sign_data(access.signing_key(request.id), request.data)
