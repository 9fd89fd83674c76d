"""The request that is posted to serverkeygen (RFC 7030, 4.4.1). Pure.

It says to which key of the token the new private key is to be enveloped. Its own key and signature
are ignored by the authority and stand for nothing: the manifest, signed by the old key, does.
"""

from __future__ import annotations

from collections.abc import Iterable

from asn1crypto import core, csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from agent.renewals.authorities.ra_protocol import KeyTransport

_DECRYPT_KEY_IDENTIFIER = "1.2.840.113549.1.9.16.2.54"  # id-aa-asymmDecryptKeyID
_SMIME_CAPABILITIES = "1.2.840.113549.1.9.15"  # RFC 8551, 2.5.2
_AES_256_CBC = "2.16.840.1.101.3.4.1.42"
_AES_256_WRAP_PAD = "2.16.840.1.101.3.4.1.48"  # RFC 5649
_TRANSPORTS: dict[KeyTransport, str] = {
    "rsaes-pkcs1-v1_5": "1.2.840.113549.1.1.1",
    "rsaes-oaep": "1.2.840.113549.1.1.7",
}


def key_request(subject: x509.Name, recipient: bytes, transports: Iterable[KeyTransport]) -> bytes:
    """Return a PKCS#10 request (DER) for a key made by the authority.

    Args:
        subject: whose key it is.
        recipient: SubjectPublicKeyInfo (DER) the key is to be enveloped to.
        transports: what the token can open.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    plain = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    info = csr.CertificationRequest.load(plain.public_bytes(Encoding.DER))[
        "certification_request_info"
    ]
    capabilities = (
        _AES_256_CBC,
        _AES_256_WRAP_PAD,
        *(_TRANSPORTS[transport] for transport in transports),
    )
    attributes = _set_of(
        _attribute(_DECRYPT_KEY_IDENTIFIER, core.OctetString(key_identifier(recipient))),
        _attribute(_SMIME_CAPABILITIES, _sequence(*map(_capability, capabilities))),
    )
    fields = [info[name].dump() for name in ("version", "subject", "subject_pk_info")]
    body = _sequence(*fields, b"\xa0" + attributes[1:]).dump()
    signature = key.sign(body, ec.ECDSA(hashes.SHA256()))
    algorithm = csr.CertificationRequest.load(plain.public_bytes(Encoding.DER))[
        "signature_algorithm"
    ]
    return bytes(_sequence(body, algorithm.dump(), core.OctetBitString(signature).dump()).dump())


def key_identifier(public_key: bytes) -> bytes:
    """Return the SHA-1 of the key's bits (RFC 5280, 4.2.1.2, method 1)."""
    key = load_der_public_key(public_key)
    return x509.SubjectKeyIdentifier.from_public_key(key).digest  # type: ignore[arg-type] # any kind


def _attribute(oid: str, value: core.Asn1Value) -> bytes:
    return bytes(_sequence(core.ObjectIdentifier(oid).dump(), _set_of(value.dump())).dump())


def _capability(oid: str) -> bytes:
    return bytes(_sequence(core.ObjectIdentifier(oid).dump()).dump())


def _sequence(*parts: bytes) -> core.Sequence:
    return core.Sequence(contents=b"".join(parts))


def _set_of(*parts: bytes) -> bytes:
    """Return a DER SET OF: its members in the order of their bytes (X.690, 11.6)."""
    return bytes(core.Set(contents=b"".join(sorted(parts))).dump())
