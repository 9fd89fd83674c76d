"""PKIMessage: its header, its kind of body, its protection (RFC 4210, 5.1; RFC 9480). Pure.

What is protected is kept as it was sent, since that is what a MAC or a signature is over. The bodies
are in :mod:`agent.renewals.authorities.cmp.bodies`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import IntEnum, unique
from itertools import islice

import msgspec

from agent.certificates.times import read_time
from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element
from agent.keys.der_writing import (
    NULL,
    bit_string,
    encoded,
    integer,
    object_identifier,
    octet_string,
    sequence,
    tagged,
)

MAX_CERTIFICATES = 16
"""Of extraCerts; a chain has no more."""
MAX_NONCE_BYTES = 128
"""Of a nonce or a transactionID; 16 are usual (RFC 9483, 3.1)."""
_VERSIONS = frozenset({2, 3})
"""pvno: cmp2000 (RFC 4210) and cmp2021 (RFC 9480)."""
_DIRECTORY_NAME = 4
_TIME, _ALGORITHM, _KEY_ID, _TRANSACTION, _NONCE, _ANSWERS = 0, 1, 2, 4, 5, 6
_GENERAL_INFO = 8
IMPLICIT_CONFIRM = "1.3.6.1.5.5.7.4.13"
"""id-it-implicitConfirm."""
_PROTECTION, _EXTRA_CERTIFICATES = 0xA0, 0xA1
NO_NAME = sequence()
"""Of a sender that has but a reference value (RFC 4210, 5.1.1)."""


@unique
class BodyKind(IntEnum):
    """PKIBody's alternatives that are met here, by their tags (RFC 4210, 5.1.2)."""

    CP = 3
    P10CR = 4
    KUR = 7
    KUP = 8
    PKICONF = 19
    GENM = 21
    GENP = 22
    ERROR = 23
    CERT_CONF = 24
    POLL_REQ = 25
    POLL_REP = 26


class CmpMessageError(ValueError):
    """The bytes are no message that is understood here; the text says why."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """PKIHeader, as far as it is used; whatever is missing is empty."""

    sender: bytes = NO_NAME
    """Name (DER), as the next."""
    recipient: bytes = NO_NAME
    time: dt.datetime | None = None
    """messageTime."""
    algorithm: bytes = b""
    """protectionAlg, an AlgorithmIdentifier (DER)."""
    key_id: bytes = b""
    """senderKID: the reference value, where a secret protects; else the signer's subjectKeyIdentifier."""
    transaction: bytes = b""
    nonce: bytes = b""
    """senderNonce."""
    answers: bytes = b""
    """recipNonce: the senderNonce of what it answers."""
    is_confirmed_implicitly: bool = False
    """implicitConfirm (RFC 4210, 5.1.1.1): asked for, or granted, that nobody confirms the certificate."""

    @property
    def der(self) -> bytes:
        """The whole header."""
        return sequence(
            integer(2),
            tagged(_DIRECTORY_NAME, self.sender),
            tagged(_DIRECTORY_NAME, self.recipient),
            *self._optional(),
        )

    def _optional(self) -> Iterator[bytes]:
        if self.time is not None:
            written = f"{self.time.astimezone(dt.UTC):%Y%m%d%H%M%SZ}"
            yield tagged(_TIME, encoded(Tag.GENERALIZED_TIME, written.encode()))
        if self.algorithm:
            yield tagged(_ALGORITHM, self.algorithm)
        for number, content in (
            (_KEY_ID, self.key_id),
            (_TRANSACTION, self.transaction),
            (_NONCE, self.nonce),
            (_ANSWERS, self.answers),
        ):
            if content:
                yield tagged(number, octet_string(content))
        if self.is_confirmed_implicitly:
            implicit = sequence(object_identifier(IMPLICIT_CONFIRM), NULL)
            yield tagged(_GENERAL_INFO, sequence(implicit))


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was read: nothing of it is proved before its protection was checked."""

    header: Header
    kind: BodyKind
    body: bytes
    """What stands under the kind's tag (DER)."""
    protected: bytes
    """ProtectedPart (DER): what the protection is over."""
    protection: bytes
    """MAC or signature; empty where there is none."""
    certificates: tuple[bytes, ...] = ()
    """extraCerts (DER)."""


def protected_part(header: Header, kind: BodyKind, body: bytes) -> bytes:
    """Return what is to be protected of a message (RFC 4210, 5.1.3)."""
    return sequence(header.der, tagged(kind, body))


def written(part: bytes, protection: bytes, certificates: tuple[bytes, ...] = ()) -> bytes:
    """Return the PKIMessage (DER) of a protected part; without protection where that is empty."""
    return sequence(
        read_element(part).content,
        tagged(0, bit_string(protection)) if protection else b"",
        tagged(1, sequence(*certificates)) if certificates else b"",
    )


def read_message(der: bytes) -> Message:
    """Return the message that ``der`` is.

    Raises:
        CmpMessageError: it is none, or of a kind or version that is not known here.
    """
    try:
        header, body, *rest = _only(der)
        return Message(
            header=_header(header),
            kind=BodyKind(body.tag & 0x1F),
            body=_constructed(body),
            protected=sequence(header.encoded, body.encoded),
            protection=_protection(rest),
            certificates=_certificates(rest),
        )
    except ValueError as error:
        raise CmpMessageError(f"not a CMP message: {error}") from error


def _only(der: bytes) -> list[Element]:
    whole = read_element(der)
    if whole.encoded != der:
        raise DerError("something follows")
    parts = list(elements(whole.need(Tag.SEQUENCE)))
    if not 2 <= len(parts) <= 4:
        raise DerError("header and body expected")
    return parts


def _header(element: Element) -> Header:
    version, sender, recipient, *optional = elements(element.need(Tag.SEQUENCE))
    if int.from_bytes(version.need(Tag.INTEGER), "big") not in _VERSIONS:
        raise DerError("an unknown version of the protocol")
    found = {part.tag & 0x1F: part.content for part in optional}
    return Header(
        sender=_directory_name(sender),
        recipient=_directory_name(recipient),
        time=_time(found.get(_TIME, b"")),
        algorithm=found.get(_ALGORITHM, b""),
        key_id=_octets(found, _KEY_ID, MAX_NONCE_BYTES),
        transaction=_octets(found, _TRANSACTION, MAX_NONCE_BYTES),
        nonce=_octets(found, _NONCE, MAX_NONCE_BYTES),
        answers=_octets(found, _ANSWERS, MAX_NONCE_BYTES),
        is_confirmed_implicitly=IMPLICIT_CONFIRM in _information(found.get(_GENERAL_INFO, b"")),
    )


def _time(message_time: bytes) -> dt.datetime | None:
    """Return messageTime; a message is believed without one, or with what is none."""
    try:
        return read_time(read_element(message_time))[0]
    except DerError:
        return None


def _information(general_info: bytes) -> Iterator[str]:
    """Return of which kinds the parts of generalInfo are, dotted."""
    if general_info:
        for part in elements(read_element(general_info).need(Tag.SEQUENCE)):
            yield dotted(first_of(part.need(Tag.SEQUENCE)).need(Tag.OID))


def _directory_name(name: Element) -> bytes:
    """Return the Name of a GeneralName; of another kind of name none."""
    return name.content if name.tag == 0xA0 | _DIRECTORY_NAME else NO_NAME


def _octets(found: dict[int, bytes], number: int, most: int) -> bytes:
    if number not in found:
        return b""
    content = read_element(found[number]).need(Tag.OCTET_STRING)
    if len(content) > most:
        raise DerError("a nonce that is too long")
    return content


def _constructed(body: Element) -> bytes:
    if body.tag & 0xE0 != 0xA0:
        raise DerError("a body expected")
    return body.content


def _protection(rest: list[Element]) -> bytes:
    for part in rest:
        if part.tag == _PROTECTION:
            bits = read_element(part.content).need(Tag.BIT_STRING)
            if not bits or bits[0]:
                raise DerError("whole bytes expected")
            return bits[1:]
    return b""


def _certificates(rest: list[Element]) -> tuple[bytes, ...]:
    for part in rest:
        if part.tag == _EXTRA_CERTIFICATES:
            listed = elements(read_element(part.content).need(Tag.SEQUENCE))
            return tuple(one.encoded for one in islice(listed, MAX_CERTIFICATES))
    return ()
