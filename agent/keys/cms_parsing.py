"""CMS SignedData (RFC 5652, 5) taken apart into plain data, by asn1crypto; nothing is checked. Pure.

In BER too (RFC 5652, 2), and with the content types of GM/T 0010. Imported where a message is met: an agent
at rest should be small.
"""

from __future__ import annotations

import msgspec
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509

SIGNED_DATA = ("1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2")


class _ContentInfo(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """ContentInfo with whatever type (RFC 5652, 3): asn1crypto knows the standard ones alone."""

    _fields = [  # noqa: RUF012 - asn1crypto's way
        ("content_type", core.ObjectIdentifier),
        ("content", core.Any, {"explicit": 0}),
    ]


class Signer(msgspec.Struct, frozen=True):
    """SignerInfo."""

    certificate: bytes | None
    """As DER; None where it is not among those enclosed."""
    signature_algorithm: str
    """Dotted OID, as the next."""
    digest_algorithm: str
    attributes: bytes
    """As they stand, under their tag [0]; empty where there are none."""
    signature: bytes
    unsigned: bytes
    """Unsigned attributes, as those above under their tag [1]; empty where there are none."""


class Parsed(msgspec.Struct, frozen=True):
    """SignedData."""

    content_type: str
    content: bytes | None
    """None where it is detached."""
    certificates: tuple[bytes, ...]
    signers: tuple[Signer, ...]


def parse(der: bytes) -> Parsed:
    """Return the parts of the SignedData that ``der`` is, with its ContentInfo.

    Raises:
        ValueError: it is none.
    """
    try:
        info = _ContentInfo.load(der, strict=True)
        if info["content_type"].dotted not in SIGNED_DATA:
            raise ValueError("not SignedData")
        signed = info["content"].parse(cms.SignedData)
        certificates = _certificates(signed)
        return Parsed(
            signed["encap_content_info"]["content_type"].dotted,
            _content(signed["encap_content_info"]["content"]),
            certificates,
            tuple(_signer(signer, certificates) for signer in signed["signer_infos"]),
        )
    except (TypeError, KeyError, IndexError) as error:
        # asn1crypto parses lazily, so that a malformed part shows wherever it is first looked at.
        raise ValueError("not SignedData") from error


def _content(content: core.Asn1Value) -> bytes | None:
    if isinstance(content, core.Void):
        return None
    if isinstance(content, core.Any):
        content = content.parse(core.OctetString)
    if not isinstance(content, core.OctetString | core.ParsableOctetString):
        raise ValueError("the content is no OCTET STRING")  # noqa: TRY004 - of the message, not ours
    return bytes(content)


def _certificates(signed: cms.SignedData) -> tuple[bytes, ...]:
    listed = signed["certificates"]
    if isinstance(listed, core.Void):
        return ()
    return tuple(bytes(one.chosen.dump()) for one in listed if one.name == "certificate")


def _signer(signer: cms.SignerInfo, certificates: tuple[bytes, ...]) -> Signer:
    attributes, unsigned = signer["signed_attrs"], signer["unsigned_attrs"]
    return Signer(
        next((der for der in certificates if _identifies(signer["sid"], der)), None),
        signer["signature_algorithm"]["algorithm"].dotted,
        signer["digest_algorithm"]["algorithm"].dotted,
        b"" if isinstance(attributes, core.Void) else bytes(attributes.dump()),
        bytes(signer["signature"]),
        b"" if isinstance(unsigned, core.Void) else bytes(unsigned.dump()),
    )


def _identifies(sid: cms.SignerIdentifier, der: bytes) -> bool:
    certificate = asn1_x509.Certificate.load(der)
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.native)
    wanted = sid.chosen
    return bool(
        wanted["serial_number"].native == certificate.serial_number
        and wanted["issuer"].dump() == certificate.issuer.dump()
    )
