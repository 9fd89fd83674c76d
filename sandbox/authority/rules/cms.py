"""CMS SignedData (RFC 5652) with exactly one signer: verified, never merely parsed.

Pure: bytes in, the signed content and its signer's certificate out. Whether that certificate may
sign anything here is for :mod:`sandbox.authority.rules.manifest_check` to say; its dates are not looked at.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from agent.renewals.authorities.ra_protocol import ProblemCode
from sandbox.problems import RefusalError

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True)
class SignedContent:
    """What a verified SignedData holds."""

    content: bytes
    certificate_der: bytes

    @property
    def certificate_sha256(self) -> str:
        """The signer certificate's SHA-256, lower-case hexadecimal."""
        return hashlib.sha256(self.certificate_der).hexdigest()


def verify_signed_data(der: bytes) -> SignedContent:
    """Return the content of ``der`` after its one signature was verified.

    Raises:
        RefusalError: MALFORMED when it is not such a SignedData, BAD_SIGNATURE when it is one and
            does not verify.
    """
    try:
        signed = _signed_data(der)
        content = bytes(signed["encap_content_info"]["content"].native)
        signer = signed["signer_infos"][0]
        certificate_der = _signer_certificate(signed, signer["sid"])
        algorithm = _check_attributes(signer, content)
        attributes = signer["signed_attrs"].dump()
        scheme = str(signer["signature_algorithm"].signature_algo)
        signature = bytes(signer["signature"].native)
    except (ValueError, TypeError, KeyError) as error:
        # asn1crypto parses lazily, so that a malformed part shows wherever it is first looked at.
        raise RefusalError(ProblemCode.MALFORMED, "the CMS cannot be parsed") from error
    # The signature covers the attributes as a SET OF, not under their implicit tag [0] (5.4).
    _verify(certificate_der, scheme, signature, b"\x31" + attributes[1:], algorithm)
    return SignedContent(content, certificate_der)


def _signed_data(der: bytes) -> cms.SignedData:
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "signed_data":
        raise _malformed("not SignedData")
    signed = info["content"]
    if signed["encap_content_info"]["content_type"].native != "data":
        raise _malformed("the content type is not data")
    if signed["encap_content_info"]["content"].native is None:
        raise _malformed("the content is detached")
    if len(signed["signer_infos"]) != 1:
        raise _malformed("there must be exactly one signer")
    return signed


def _signer_certificate(signed: cms.SignedData, sid: cms.SignerIdentifier) -> bytes:
    for choice in signed["certificates"]:
        if choice.name == "certificate" and _identifies(sid, choice.chosen):
            return bytes(choice.chosen.dump())
    raise _bad("the signer's certificate is not enclosed")


def _identifies(sid: cms.SignerIdentifier, certificate: asn1_x509.Certificate) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.native)
    wanted = sid.chosen
    return bool(
        wanted["serial_number"].native == certificate.serial_number
        and wanted["issuer"].dump() == certificate.issuer.dump()
    )


def _check_attributes(signer: cms.SignerInfo, content: bytes) -> hashes.HashAlgorithm:
    """Check the signed attributes against the content and return the digest algorithm."""
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in _HASHES:
        raise _bad(f"the digest algorithm {name} is not accepted")
    elements = [attribute.dump() for attribute in signer["signed_attrs"]]
    if elements != sorted(elements):
        raise _bad("the signed attributes are not DER: a SET OF is sorted")
    if _single(signer, "content_type") != "data":
        raise _bad("the signed content type is not data")
    if _single(signer, "message_digest") != hashlib.new(name, content).digest():
        raise _bad("the message digest is not the content's")
    return _HASHES[name]


def _single(signer: cms.SignerInfo, name: str) -> object:
    values = [
        value.native
        for attribute in signer["signed_attrs"]
        if attribute["type"].native == name
        for value in attribute["values"]
    ]
    if len(values) != 1:
        raise _bad(f"there must be exactly one signed attribute {name}")
    return values[0]


def _verify(
    certificate_der: bytes,
    scheme: str,
    signature: bytes,
    signed: bytes,
    algorithm: hashes.HashAlgorithm,
) -> None:
    try:
        key = x509.load_der_x509_certificate(certificate_der).public_key()
        if isinstance(key, rsa.RSAPublicKey) and scheme == "rsassa_pkcs1v15":
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme == "ecdsa":
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            raise _bad("key and signature algorithm are not a pair accepted here")
    except (InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion, ValueError) as error:
        raise RefusalError(ProblemCode.BAD_SIGNATURE) from error


def _malformed(detail: str) -> RefusalError:
    return RefusalError(ProblemCode.MALFORMED, f"the CMS is not acceptable: {detail}")


def _bad(detail: str) -> RefusalError:
    return RefusalError(ProblemCode.BAD_SIGNATURE, detail)
