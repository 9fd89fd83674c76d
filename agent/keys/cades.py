"""CAdES baseline signatures, level B-B (ETSI EN 319 122-1, 6): CMS that names its signer's certificate. Pure.

Its form is CMS SignedData over id-data with content type, digest, signing time and ESS signing certificate v2
(RFC 5035) signed: without the last, another certificate for the same key could be put in the signer's place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.keys.certified import key_of
from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element
from agent.keys.der_writing import encoded, octet_string, sequence
from agent.keys.own_oids import ORIGIN
from agent.keys.schemes import USUAL, Family, digest_algorithm, digest_named
from agent.keys.signing import Elsewhere, SignedDataDraft

SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
"""Its first version, by SHA-1 (RFC 2634, 5.4): read, never made."""
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


class SignerNotNamedError(ValueError):
    """The signed attribute names another certificate than the one that is enclosed, or is malformed."""


def cades_draft(
    content: bytes | Elsewhere,
    *,
    certificate: bytes,
    signing_time: dt.datetime | None = None,
    origin: str = "",
) -> SignedDataDraft:
    """Return a CAdES-B signature that lacks nothing but what the key makes of ``to_be_signed``.

    Args:
        content: for a detached signature its digest (:class:`Elsewhere`).
        certificate: the signer's, as DER.
        signing_time: what the signer's clock says; None in a PDF, which has it elsewhere.
        origin: of the page that asked for it (RFC 6454, 6.2); empty where a person did at this computer.

    Raises:
        UnreadableKeyError: the certificate is for a key not known here.
    """
    family = key_of(x509.load_der_x509_certificate(certificate)).family
    attributes = {SIGNING_CERTIFICATE_V2: _signing_certificate(certificate, family)}
    if origin:
        attributes[ORIGIN] = encoded(Tag.UTF8_STRING, origin.encode())
    return SignedDataDraft(
        content=content, certificate=certificate, attributes=attributes, signing_time=signing_time
    )


def names_its_signer(attributes: Mapping[str, bytes], certificate: bytes) -> bool:
    """Return whether signed attributes name ``certificate`` as the signer's; False where they name none.

    Raises:
        SignerNotNamedError: they name another, or in a way that is not read here.
    """
    named = attributes.get(SIGNING_CERTIFICATE_V2) or attributes.get(SIGNING_CERTIFICATE)
    if named is None:
        return False
    is_first_version = SIGNING_CERTIFICATE_V2 not in attributes
    try:
        identifiers = first_of(read_element(named).need(Tag.SEQUENCE))
        first = first_of(identifiers.need(Tag.SEQUENCE))  # the signer's (RFC 5035, 3)
        parts = list(elements(first.need(Tag.SEQUENCE)))
        digest = _sha1(certificate) if is_first_version else _digest_by(parts, certificate)
        said = next(part for part in parts if part.tag == Tag.OCTET_STRING).content
    except (DerError, StopIteration, IndexError, ValueError) as error:
        raise SignerNotNamedError("the signing certificate is named in an unknown way") from error
    if said != digest:
        raise SignerNotNamedError(
            "the certificate is not the one that is signed to be the signer's"
        )
    return True


def origin_in(attributes: Mapping[str, bytes]) -> str:
    """Return the origin of the page that had it signed; empty where none is named, or it is no text."""
    try:
        return read_element(attributes[ORIGIN]).need(Tag.UTF8_STRING).decode()
    except (KeyError, ValueError):
        return ""


def _signing_certificate(certificate: bytes, family: Family) -> bytes:
    """SigningCertificateV2; the digest's algorithm is left out where it is SHA-256, its default."""
    digest = hashes.Hash(USUAL[family].digest)
    digest.update(certificate)
    algorithm = digest_algorithm(family) if family is Family.SM2 else b""
    return sequence(sequence(sequence(algorithm, octet_string(digest.finalize()))))


def _digest_by(parts: list[Element], certificate: bytes) -> bytes:
    algorithm: hashes.HashAlgorithm = hashes.SHA256()
    if parts[0].tag == Tag.SEQUENCE:
        named = first_of(parts[0].content).need(Tag.OID)
        algorithm = digest_named(dotted(named))
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    return digest.finalize()


def _sha1(certificate: bytes) -> bytes:
    return hashlib.sha1(certificate, usedforsecurity=False).digest()
