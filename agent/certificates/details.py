"""Everything a certificate says, line by line, for who wants to see all of it. Pure.

What is not understood is shown as bytes: nothing is left out and nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

import msgspec

from agent.certificates.china_time import CHINA_STANDARD_TIME
from agent.certificates.extensions import (
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    SUBJECT_KEY_ID,
    read_authority_key_id,
    read_basic_constraints,
    read_key_usage,
    read_subject_key_id,
)
from agent.certificates.model import Certificate
from agent.certificates.names import read_text
from agent.ground.harmless import harmless
from agent.ground.language import Language, mark, translate
from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element

_EXTENSIONS = {
    SUBJECT_KEY_ID: mark("Subject key identifier"),
    KEY_USAGE: mark("Key usage"),
    "2.5.29.17": mark("Alternative names"),
    BASIC_CONSTRAINTS: mark("Basic constraints"),
    "2.5.29.31": mark("Revocation lists"),
    "2.5.29.32": mark("Certificate policies"),
    AUTHORITY_KEY_ID: mark("Authority key identifier"),
    "2.5.29.37": mark("Extended key usage"),
    "1.3.6.1.5.5.7.1.1": mark("Authority information"),
}
_USAGES = (
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
)  # fmt: skip
"""RFC 5280, 4.2.1.3."""
_SIGNATURES = {
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.156.10197.1.501": "SM2 with SM3",
}
_URI = 0x86
"""uniformResourceIdentifier of a GeneralName (RFC 5280, 4.2.1.6)."""
_CONSTRUCTED = 0x20
_MOST_PARTS = 200


class Detail(msgspec.Struct, frozen=True):
    """One line: what it is called and what it says."""

    name: str
    value: str


def details(certificate: Certificate, language: Language) -> tuple[Detail, ...]:
    """Return all fields, extensions and fingerprints of ``certificate``, in the order of RFC 5280."""
    lines = (*_fields(certificate), *_extensions(certificate), *_fingerprints(certificate))
    return tuple(Detail(translate(name, language), harmless(value)) for name, value in lines)


def _fields(certificate: Certificate) -> Iterator[tuple[str, str]]:
    yield mark("Serial number"), certificate.serial
    yield mark("Signature algorithm"), _signature(certificate.der)
    yield mark("Issuer"), certificate.issuer
    yield mark("Valid from"), _moment(certificate.not_before)
    yield mark("Valid until"), _moment(certificate.not_after)
    yield mark("Subject"), certificate.subject
    yield mark("Public key algorithm"), certificate.algorithm
    yield mark("Public key"), _hex(certificate.public_key)


def _extensions(certificate: Certificate) -> Iterator[tuple[str, str]]:
    for oid, value in certificate.extensions:
        name = _EXTENSIONS.get(oid)
        yield name or oid, _extension(oid, value)


def _fingerprints(certificate: Certificate) -> Iterator[tuple[str, str]]:
    yield mark("SHA-256 fingerprint"), _hex(hashlib.sha256(certificate.der).digest())
    # For comparing with what older programs show; nothing is trusted by it.
    sha1 = hashlib.sha1(certificate.der, usedforsecurity=False).digest()
    yield mark("SHA-1 fingerprint"), _hex(sha1)


def _extension(oid: str, value: bytes) -> str:
    try:
        if oid == KEY_USAGE:
            bits = sorted(read_key_usage(value))
            return ", ".join(_USAGES[bit] if bit < len(_USAGES) else str(bit) for bit in bits)
        if oid == BASIC_CONSTRAINTS:
            found = read_basic_constraints(value)
            length = "" if found.path_length is None else f", pathlen:{found.path_length}"
            return f"CA:{str(found.is_ca).upper()}{length}"
        if oid == SUBJECT_KEY_ID:
            return _hex(read_subject_key_id(value))
        if oid == AUTHORITY_KEY_ID:
            return _hex(read_authority_key_id(value) or value)
        return "\n".join(_parts(read_element(value))) or _hex(value)
    except DerError:
        return _hex(value)


def _parts(element: Element) -> Iterator[str]:
    """Yield the names, addresses and texts inside an extension nobody here reads in full."""
    waiting = [element]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.tag & _CONSTRUCTED:
            waiting[:0] = list(elements(part.content))
        elif part.tag == Tag.OID:
            yield dotted(part.content)
        elif part.tag == _URI or Tag.UTF8_STRING <= part.tag <= Tag.BMP_STRING:
            yield read_text(part)[0]
        else:
            yield _hex(part.content)


def _signature(der: bytes) -> str:
    try:
        _, algorithm, *_ = elements(read_element(der).need(Tag.SEQUENCE))
        oid = dotted(first_of(algorithm.need(Tag.SEQUENCE)).need(Tag.OID))
    except ValueError:  # DerError, and fewer parts than there must be
        return ""
    return _SIGNATURES.get(oid, oid)


def _moment(instant: dt.datetime) -> str:
    try:
        return instant.astimezone(CHINA_STANDARD_TIME).strftime("%Y-%m-%d %H:%M:%S +08:00")
    except (OverflowError, ValueError):  # 9999-12-31 has no day after it
        return instant.isoformat()


def _hex(data: bytes) -> str:
    return data.hex(":").upper()
