"""Reading a certificate: value of CKA_VALUE in, facts out.

Tokens carry certificates that a strict reader refuses: negative serial numbers, names in the wrong
encoding, one broken extension. Being reminded of their end matters most, so what can be read is read
and the rest is told as an :class:`Oddity`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

from agent.certificates.extensions import (
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    UsageBit,
    read_basic_constraints,
    read_key_usage,
)
from agent.certificates.model import Certificate, CertificateUse, Oddity
from agent.certificates.names import COMMON_NAME, Name, read_name
from agent.certificates.strict import is_refused
from agent.certificates.times import EARLIEST, read_time
from agent.keys.algorithms import key_algorithm
from agent.keys.der import DerError, Element, Tag, dotted, elements, read_element

MAX_SIZE = 65_536
"""Bytes of the largest certificate that is read; real ones have a few thousand."""
MAX_SERIAL_BITS = 160

_VERSION, _EXTENSIONS = 0xA0, 0xA3
_SIGNS = {UsageBit.DIGITAL_SIGNATURE, UsageBit.CONTENT_COMMITMENT}
_ENCRYPTS = {UsageBit.KEY_ENCIPHERMENT, UsageBit.DATA_ENCIPHERMENT, UsageBit.KEY_AGREEMENT}


class CertificateDamagedError(ValueError):
    """The bytes are not a certificate that can be read."""


def thumbprint(der: bytes) -> str:
    """Return the lower-case hex SHA-256 of a certificate's DER: its name everywhere in this program."""
    return hashlib.sha256(der).hexdigest()


def parse_certificate(value: bytes) -> Certificate:
    """Read a certificate as well as it can be read.

    Raises:
        CertificateDamagedError: ``value`` is not a whole certificate, or does not say until when it
            is valid.
    """
    try:
        return _Reader(value).certificate()
    except DerError as error:
        raise CertificateDamagedError(str(error)) from error


class _Reader:
    """Reads one certificate (RFC 5280, 4.1) and notes what is odd about it."""

    def __init__(self, value: bytes) -> None:
        self._oddities: set[Oddity] = set()
        whole = read_element(value)
        if len(whole.encoded) > MAX_SIZE:
            raise DerError("larger than any certificate")
        self._note(Oddity.TRAILING_BYTES, when=whole.encoded != value)
        self._der = whole.encoded
        signed, *_ = [*elements(whole.need(Tag.SEQUENCE))] or [whole]
        self._fields = iter(list(elements(signed.need(Tag.SEQUENCE))))

    def certificate(self) -> Certificate:
        serial = self._serial()
        self._next(Tag.SEQUENCE)  # the signature's algorithm, again
        issuer = self._name()
        not_before, not_after = self._validity()
        subject = self._name()
        key = self._next(Tag.SEQUENCE)
        extensions = self._extensions()
        is_ca = self._is_ca(extensions)
        self._note(Oddity.REFUSED, when=is_refused(self._der))
        return Certificate(
            der=self._der,
            thumbprint=thumbprint(self._der),
            subject=subject.rfc4514(),
            issuer=issuer.rfc4514(),
            common_name=subject.first(COMMON_NAME),
            organisation=subject.organisation,
            authority=issuer.organisation,
            serial=serial,
            not_before=not_before,
            not_after=not_after,
            use=CertificateUse.OTHER if is_ca else self._use(extensions),
            algorithm=key_algorithm(key),
            public_key=key.encoded,
            is_ca=is_ca,
            extensions=tuple(extensions.items()),
            # Last: names are odd only once they are asked for what is shown of them.
            oddities=frozenset(self._oddities | subject.oddities | issuer.oddities),
        )

    def _note(self, oddity: Oddity, *, when: bool = True) -> None:
        if when:
            self._oddities.add(oddity)

    def _next(self, tag: Tag) -> Element:
        element = next(self._fields, None)
        if element is None:
            raise DerError("not all parts of a certificate")
        element.need(tag)
        return element

    def _serial(self) -> str:
        field = next(self._fields, None)
        if field and field.tag == _VERSION:
            field = next(self._fields, None)
        if field is None:
            raise DerError("no serial number")
        number = int.from_bytes(field.need(Tag.INTEGER), "big", signed=True)
        self._note(Oddity.SERIAL, when=number < 0 or number.bit_length() > MAX_SERIAL_BITS)
        return f"{number:x}"

    def _name(self) -> Name:
        return read_name(self._next(Tag.SEQUENCE))

    def _validity(self) -> tuple[dt.datetime, dt.datetime]:
        times = list(elements(self._next(Tag.SEQUENCE).content))
        if len(times) != 2:
            raise DerError("no validity")
        not_after, is_strict = read_time(times[1])
        self._note(Oddity.TIME, when=not is_strict)
        try:
            not_before, is_strict = read_time(times[0])
        except DerError:
            not_before, is_strict = EARLIEST, False
        self._note(Oddity.TIME, when=not is_strict)
        return not_before, not_after

    def _extensions(self) -> dict[str, bytes]:
        """Return the values by dotted OID, the first where there are two; broken ones are left out."""
        found: dict[str, bytes] = {}
        tagged = next((field for field in self._fields if field.tag == _EXTENSIONS), None)
        if tagged is None:
            return found
        try:
            for extension in elements(read_element(tagged.content).need(Tag.SEQUENCE)):
                for oid, value in self._extension(extension):
                    self._note(Oddity.DUPLICATE_EXTENSION, when=oid in found)
                    found.setdefault(oid, value)
        except DerError:
            self._note(Oddity.EXTENSION)
        return found

    def _extension(self, extension: Element) -> Iterator[tuple[str, bytes]]:
        try:
            oid, *_, value = elements(extension.need(Tag.SEQUENCE))
            yield dotted(oid.need(Tag.OID)), value.need(Tag.OCTET_STRING)
        except ValueError:  # DerError, and a sequence of fewer than two
            self._note(Oddity.EXTENSION)

    def _is_ca(self, extensions: dict[str, bytes]) -> bool:
        value = extensions.get(BASIC_CONSTRAINTS)
        try:
            return value is not None and read_basic_constraints(value).is_ca
        except DerError:
            self._note(Oddity.EXTENSION)
            return False

    def _use(self, extensions: dict[str, bytes]) -> CertificateUse:
        """Sort by key usage; a key that may both sign and encrypt is a signing key."""
        value = extensions.get(KEY_USAGE)
        if value is None:
            return CertificateUse.SIGNING  # every use is allowed (RFC 5280, 4.2.1.3)
        try:
            bits = read_key_usage(value)
        except DerError:
            # Whatever it is for, its end must be told: it counts as the certificate one signs with.
            self._note(Oddity.EXTENSION)
            return CertificateUse.SIGNING
        if bits & _SIGNS:
            return CertificateUse.SIGNING
        return CertificateUse.ENCRYPTION if bits & _ENCRYPTS else CertificateUse.OTHER
