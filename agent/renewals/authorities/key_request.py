"""The request that is posted to serverkeygen (RFC 7030, 4.4.1). Pure.

It says to which key of the token the new private key is to be enveloped. Its own key and signature
are ignored by the authority and stand for nothing: the manifest, signed by the old key, does.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from agent.keys.der_writing import object_identifier, octet_string, sequence
from agent.keys.public_key import PublicKey
from agent.keys.requests import RequestDraft
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import SM4_ECB
from agent.renewals.authorities.ra_protocol import KeyTransport

_DECRYPT_KEY_IDENTIFIER = "1.2.840.113549.1.9.16.2.54"  # id-aa-asymmDecryptKeyID
_SMIME_CAPABILITIES = "1.2.840.113549.1.9.15"  # RFC 8551, 2.5.2
_AES_256_CBC = "2.16.840.1.101.3.4.1.42"
_AES_256_WRAP_PAD = "2.16.840.1.101.3.4.1.48"  # RFC 5649
_SM2_ENCRYPTION = "1.2.156.10197.1.301.3"  # GM/T 0006
_TRANSPORTS: dict[KeyTransport, str] = {
    "rsaes-pkcs1-v1_5": "1.2.840.113549.1.1.1",
    "rsaes-oaep": "1.2.840.113549.1.1.7",
}


def key_request(
    subject: bytes,
    recipient: bytes,
    transports: Iterable[KeyTransport],
    *,
    is_signing: bool = False,
) -> bytes:
    """Return a PKCS#10 request (DER) for a key made by the authority.

    Args:
        subject: whose key it is, as a Name (DER).
        recipient: SubjectPublicKeyInfo (DER) the key is to be enveloped to.
        transports: what the token can open, where that is an RSA key.
        is_signing: whether it is the new signing key, beside which the token puts the other.
    """
    to = PublicKey.read(recipient)
    key = ec.generate_private_key(ec.SECP256R1())
    if is_signing:
        sealing = _SM2_ENCRYPTION if to.family is Family.SM2 else _TRANSPORTS["rsaes-pkcs1-v1_5"]
        capabilities: tuple[str, ...] = (SM4_ECB, sealing)
    else:
        known = (_TRANSPORTS[transport] for transport in transports)
        capabilities = (_AES_256_CBC, _AES_256_WRAP_PAD, *known)
    draft = RequestDraft(
        subject=subject,
        key=PublicKey.from_cryptography(key.public_key()),
        attributes={
            _DECRYPT_KEY_IDENTIFIER: octet_string(to.identifier),
            _SMIME_CAPABILITIES: sequence(*(sequence(object_identifier(c)) for c in capabilities)),
        },
    )
    return draft.signed(key.sign(draft.to_be_signed, ec.ECDSA(hashes.SHA256())))
