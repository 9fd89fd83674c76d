"""Signed messages by keys in software: as they should be, and without what they must have."""

from __future__ import annotations

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.keys.signing import SignedDataDraft
from sandbox.private_keys import PrivateKey


def signed_message(
    content: bytes, content_type: str, certificate: x509.Certificate, key: PrivateKey
) -> bytes:
    """Return CMS SignedData (DER) over ``content``, the content inside, with signed attributes."""
    der = certificate.public_bytes(Encoding.DER)
    draft = SignedDataDraft(content=content, certificate=der, content_type=content_type)
    return draft.message(key.sign(draft.to_be_signed))


def without_attributes(message: bytes, key: PrivateKey) -> bytes:
    """Return a message with the same content, signed itself: what RFC 5652, 5.3 forbids for its type."""
    info = cms.ContentInfo.load(message)
    signed = info["content"]
    signer = signed["signer_infos"][0]
    del signer["signed_attrs"]
    signer["signature"] = key.sign(signed["encap_content_info"]["content"].contents)
    return bytes(info.dump(force=True))
