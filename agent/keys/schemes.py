"""With which algorithm something is signed. Pure."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from agent.keys.der_writing import NULL, object_identifier, sequence

SM2_WITH_SM3 = "1.2.156.10197.1.501"
"""SM2 with SM3 (GM/T 0006)."""
RSA = "1.2.840.113549.1.1.1"
_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"
_ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SM3 = "1.2.156.10197.1.401"
_SM2_SIGNATURES = {SM2_WITH_SM3, "1.2.156.10197.1.301.1"}
"""Some say only that it is an SM2 signature (GM/T 0006); the digest is SM3 all the same."""
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    _SHA256: hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    _SM3: hashes.SM3(),
}


@unique
class Family(StrEnum):
    """Keys whose signatures are checked alike."""

    RSA = "rsa"
    EC = "ec"
    SM2 = "sm2"


class UnknownSchemeError(ValueError):
    """Something is signed with an algorithm that is not read here."""


class Scheme(msgspec.Struct, frozen=True):
    """How a signature is made: by which keys, over which digest, in which padding (RSA alone)."""

    family: Family
    digest: hashes.HashAlgorithm
    padding: padding.AsymmetricPadding | None = None


USUAL: dict[Family, Scheme] = {
    Family.RSA: Scheme(Family.RSA, hashes.SHA256(), padding.PKCS1v15()),
    Family.EC: Scheme(Family.EC, hashes.SHA256()),
    Family.SM2: Scheme(Family.SM2, hashes.SM3()),
}
"""How everything made here is signed."""


def scheme_of(signed: x509.Certificate | x509.CertificateSigningRequest) -> Scheme:
    """Return how a certificate or a request says that it is signed; UnknownSchemeError."""
    if signed.signature_algorithm_oid.dotted_string in _SM2_SIGNATURES:
        return USUAL[Family.SM2]
    try:
        parameters = signed.signature_algorithm_parameters
        digest = signed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise UnknownSchemeError(str(error)) from error
    if isinstance(parameters, ec.ECDSA) and digest is not None:
        return Scheme(Family.EC, digest)
    if isinstance(parameters, padding.AsymmetricPadding) and digest is not None:
        return Scheme(Family.RSA, digest, parameters)
    raise UnknownSchemeError(signed.signature_algorithm_oid.dotted_string)


_FAMILIES: dict[str, tuple[Family, str]] = {
    RSA: (Family.RSA, ""),  # rsaEncryption: the digest is said beside it
    _SHA256_WITH_RSA: (Family.RSA, "sha256"),
    "1.2.840.113549.1.1.12": (Family.RSA, "sha384"),
    "1.2.840.113549.1.1.13": (Family.RSA, "sha512"),
    _ECDSA_WITH_SHA256: (Family.EC, "sha256"),
    "1.2.840.10045.4.3.3": (Family.EC, "sha384"),
    "1.2.840.10045.4.3.4": (Family.EC, "sha512"),
    **dict.fromkeys(_SM2_SIGNATURES, (Family.SM2, "sm3")),
}


def signature_algorithm(family: Family, *, in_message: bool = False) -> bytes:
    """Return the AlgorithmIdentifier (DER) of how everything made here is signed.

    In a message RSA is rsaEncryption, which all readers take (RFC 3370, 3.2).
    """
    match family:
        case Family.RSA:
            oid = RSA if in_message else _SHA256_WITH_RSA
            return sequence(object_identifier(oid), NULL)  # RFC 4055, 5: NULL must be there
        case Family.EC:
            return sequence(object_identifier(_ECDSA_WITH_SHA256))
        case Family.SM2:
            return sequence(object_identifier(SM2_WITH_SM3))


def digest_algorithm(family: Family) -> bytes:
    """Return the AlgorithmIdentifier (DER) of the digest in what is signed here."""
    return sequence(object_identifier(_SM3 if family is Family.SM2 else _SHA256))


def digest_named(oid: str) -> hashes.HashAlgorithm:
    """Return the digest with a dotted OID; UnknownSchemeError."""
    if oid not in _DIGESTS:
        raise UnknownSchemeError(f"a digest by {oid}")
    return _DIGESTS[oid]


def message_scheme(signature: str, digest: str) -> Scheme:
    """Return how a CMS message is signed, by the OIDs of both algorithms (RFC 5652, 5.3; RFC 5754).

    Raises:
        UnknownSchemeError: one of them is not read here, or they contradict each other.
    """
    found = _DIGESTS.get(digest)
    family, named = _FAMILIES.get(signature, (None, ""))
    if found is None or family is None or named not in ("", found.name):
        raise UnknownSchemeError(f"signed with {signature} over {digest}")
    if (family is Family.SM2) is not isinstance(found, hashes.SM3):
        raise UnknownSchemeError(f"signed with {signature} over {digest}")
    return Scheme(family, found, USUAL[family].padding)


def scheme_named(signature: str) -> Scheme:
    """Return how something is signed, by an OID that names the digest along.

    Raises:
        UnknownSchemeError: it does not, or is not read here.
    """
    family, named = _FAMILIES.get(signature, (None, ""))
    digest = next((one for one in _DIGESTS.values() if one.name == named), None)
    if family is None or digest is None:
        raise UnknownSchemeError(f"signed with {signature}")
    return Scheme(family, digest, USUAL[family].padding)
