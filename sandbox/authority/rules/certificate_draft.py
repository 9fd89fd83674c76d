"""A certificate before it is signed (RFC 5280, 4.1): for keys of every kind, by keys of every kind. Pure.

`cryptography` builds certificates neither for SM2 keys nor by them, so the frame is written here; names and
extensions are its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509

from agent.keys.der import Tag
from agent.keys.der_writing import (
    bit_string,
    encoded,
    integer,
    object_identifier,
    octet_string,
    sequence,
    tagged,
)
from agent.keys.public_key import PublicKey
from agent.keys.schemes import signature_algorithm
from sandbox.private_keys import PrivateKey

_V3 = 2
_TRUE = encoded(Tag.BOOLEAN, b"\xff")
_UTC_TIME_ENDS = 2050
"""From then on years have four digits (RFC 5280, 4.1.2.5)."""


@dataclass(frozen=True)
class Validity:
    """From when until when a certificate is valid, both ends included."""

    not_before: dt.datetime
    not_after: dt.datetime


@dataclass(frozen=True)
class Extension:
    """One extension."""

    value: x509.ExtensionType
    critical: bool = False


@dataclass(frozen=True)
class Issuer:
    """Who signs."""

    name: x509.Name
    key: PrivateKey


@dataclass(frozen=True, kw_only=True)
class CertificateDraft:
    """What is to be certified; the key identifiers of both sides are added."""

    subject: x509.Name
    key: PublicKey
    validity: Validity
    extensions: tuple[Extension, ...]

    def issued(self, issuer: Issuer) -> x509.Certificate:
        """Return the certificate, signed, under a serial number of its own."""
        algorithm = signature_algorithm(issuer.key.public.family)
        to_be_signed = sequence(
            tagged(0, integer(_V3)),
            integer(x509.random_serial_number()),
            algorithm,
            issuer.name.public_bytes(),
            sequence(_time(self.validity.not_before), _time(self.validity.not_after)),
            self.subject.public_bytes(),
            self.key.der,
            tagged(3, sequence(*map(_extension, self._all_extensions(issuer)))),
        )
        signature = bit_string(issuer.key.sign(to_be_signed))
        return x509.load_der_x509_certificate(sequence(to_be_signed, algorithm, signature))

    def _all_extensions(self, issuer: Issuer) -> tuple[Extension, ...]:
        authority = x509.AuthorityKeyIdentifier(issuer.key.public.identifier, None, None)
        own = Extension(x509.SubjectKeyIdentifier(self.key.identifier))
        return (own, Extension(authority), *self.extensions)


def _extension(extension: Extension) -> bytes:
    critical = (_TRUE,) if extension.critical else ()
    oid = object_identifier(extension.value.oid.dotted_string)
    return sequence(oid, *critical, octet_string(extension.value.public_bytes()))


def _time(moment: dt.datetime) -> bytes:
    moment = moment.astimezone(dt.UTC)
    if moment.year < _UTC_TIME_ENDS:
        return encoded(Tag.UTC_TIME, f"{moment:%y%m%d%H%M%SZ}".encode())
    return encoded(Tag.GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode())
