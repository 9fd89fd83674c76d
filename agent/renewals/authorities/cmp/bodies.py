"""The bodies of messages: what is asked, answered, confirmed (RFC 4210, 5.3; RFC 9480). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, unique

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.ground.harmless import harmless
from agent.keys.der import DerError, Element, Tag, elements, first_of, read_element
from agent.keys.der_writing import encoded, integer, octet_string, sequence, tagged
from agent.keys.schemes import scheme_of
from agent.renewals.authorities.cmp.messages import CmpMessageError

NO_REQUEST_ID = b"\x02\x01\xff"
"""certReqId of a p10cr, which has none of its own: -1 (RFC 9480, 2.10)."""
PKICONF = b"\x05\x00"
MAX_TEXT = 300
"""Characters that are told of a server's words."""
_CERTIFICATE = 0xA0
_CA_CERTIFICATES = 0xA1
_HASH_ALGORITHM = 0xA0
_MAX_REQUEST_ID_BYTES = 8
FAILURES = (
    "badAlg", "badMessageCheck", "badRequest", "badTime", "badCertId", "badDataFormat",
    "wrongAuthority", "incorrectData", "missingTimeStamp", "badPOP", "certRevoked",
    "certConfirmed", "wrongIntegrity", "badRecipientNonce", "timeNotAvailable",
    "unacceptedPolicy", "unacceptedExtension", "addInfoNotAvailable", "badSenderNonce",
    "badCertTemplate", "signerNotTrusted", "transactionIdInUse", "unsupportedVersion",
    "notAuthorized", "systemUnavail", "systemFailure", "duplicateCertReq",
)  # fmt: skip
"""PKIFailureInfo, by the numbers of its bits (RFC 4210, 5.2.3)."""


@unique
class Status(IntEnum):
    """PKIStatus (RFC 4210, 5.2.3), as far as it is an answer to a request."""

    ACCEPTED = 0
    GRANTED_WITH_MODS = 1
    REJECTION = 2
    WAITING = 3


class StatusInfo(msgspec.Struct, frozen=True, kw_only=True):
    """PKIStatusInfo: what became of a request, and why."""

    status: Status = Status.REJECTION
    text: str = ""
    failures: frozenset[str] = frozenset()
    """Names of :data:`FAILURES`."""

    @property
    def reason(self) -> str:
        """What the server says, in its words or in the standard's."""
        return self.text or ", ".join(sorted(self.failures)) or "rejection"

    @property
    def der(self) -> bytes:
        """PKIStatusInfo (DER)."""
        text = encoded(Tag.UTF8_STRING, self.text.encode()) if self.text else b""
        return sequence(
            integer(self.status),
            sequence(text) if text else b"",
            _fail_info(self.failures) if self.failures else b"",
        )


class CertificateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """CertRepMessage with its one CertResponse."""

    request_id: bytes
    """certReqId, as an INTEGER (DER)."""
    info: StatusInfo
    certificate: bytes = b""
    """DER; empty where none was issued."""

    @property
    def der(self) -> bytes:
        """CertRepMessage (DER)."""
        pair = sequence(tagged(0, self.certificate)) if self.certificate else b""
        return sequence(sequence(sequence(self.request_id, self.info.der, pair)))


class Later(msgspec.Struct, frozen=True):
    """PollRepContent with its one answer."""

    request_id: bytes
    seconds: int
    """checkAfter."""

    @property
    def der(self) -> bytes:
        """PollRepContent (DER)."""
        return sequence(sequence(self.request_id, integer(self.seconds)))


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """CertStatus: whether a certificate is taken."""

    certificate_hash: bytes
    """By the digest that its own signature is over (RFC 4210, 5.3.18)."""
    request_id: bytes
    refusal: str | None = None
    """Why it is not; None where it is taken."""

    @property
    def der(self) -> bytes:
        """CertConfirmContent (DER) with this alone."""
        info = StatusInfo(status=Status.ACCEPTED)
        if self.refusal is not None:
            info = StatusInfo(text=self.refusal[:MAX_TEXT], failures=frozenset({"incorrectData"}))
        return sequence(sequence(octet_string(self.certificate_hash), self.request_id, info.der))


def certificate_hash(certificate: bytes) -> bytes:
    """Return certHash (RFC 4210, 5.3.18): by the digest that the certificate's signature is over."""
    try:
        digest = scheme_of(x509.load_der_x509_certificate(certificate)).digest
    except (ValueError, x509.InvalidVersion):
        digest = hashes.SHA256()  # of no use but to refuse it
    hashing = hashes.Hash(digest)
    hashing.update(certificate)
    return hashing.finalize()


def poll_request(request_id: bytes) -> bytes:
    """Return PollReqContent (DER)."""
    return sequence(sequence(request_id))


def error_content(info: StatusInfo) -> bytes:
    """Return ErrorMsgContent (DER)."""
    return sequence(info.der)


def read_certificate_answer(body: bytes) -> CertificateAnswer:
    """Return what CertRepMessage says of the one request; CmpMessageError."""
    try:
        parts = [part for part in _parts(body) if part.tag != _CA_CERTIFICATES]
        [response] = _within(parts[0])
        request_id, info, *rest = _within(response)
        return CertificateAnswer(
            request_id=_request_id(request_id),
            info=_status_info(info),
            certificate=_certificate(rest[0]) if rest and rest[0].tag == Tag.SEQUENCE else b"",
        )
    except (ValueError, IndexError) as error:
        raise CmpMessageError(f"not a certificate response: {error}") from error


def read_poll_answer(body: bytes) -> Later:
    """Return what PollRepContent says of the one request; CmpMessageError."""
    try:
        [one] = _parts(body)
        request_id, seconds, *_ = _within(one)
        return Later(_request_id(request_id), max(0, _number(seconds)))
    except ValueError as error:
        raise CmpMessageError(f"not an answer to a poll: {error}") from error


def read_error(body: bytes) -> StatusInfo:
    """Return what ErrorMsgContent says; CmpMessageError."""
    try:
        info, *more = _parts(body)
        said = _status_info(info)
        details = next((_free_text(part) for part in more if part.tag == Tag.SEQUENCE), "")
    except ValueError as error:
        raise CmpMessageError(f"not an error message: {error}") from error
    text = ": ".join(filter(None, (said.text, details)))[:MAX_TEXT]
    return StatusInfo(status=said.status, text=text, failures=said.failures)


def read_confirmation(body: bytes) -> Confirmation:
    """Return what CertConfirmContent says of the one certificate; CmpMessageError."""
    try:
        [one] = _parts(body)
        digest, request_id, *rest = _within(one)
        infos = [_status_info(part) for part in rest if part.tag != _HASH_ALGORITHM]
        is_taken = not infos or infos[0].status is Status.ACCEPTED
        return Confirmation(
            certificate_hash=digest.need(Tag.OCTET_STRING),
            request_id=_request_id(request_id),
            refusal=None if is_taken else infos[0].reason,
        )
    except ValueError as error:
        raise CmpMessageError(f"not a confirmation: {error}") from error


def read_poll_request(body: bytes) -> bytes:
    """Return the certReqId (DER) that PollReqContent names; CmpMessageError."""
    try:
        [one] = _parts(body)
        [request_id] = _within(one)
        return _request_id(request_id)
    except ValueError as error:
        raise CmpMessageError(f"not a poll: {error}") from error


def _parts(body: bytes) -> list[Element]:
    return list(elements(read_element(body).need(Tag.SEQUENCE)))


def _within(element: Element) -> list[Element]:
    return list(elements(element.need(Tag.SEQUENCE)))


def _request_id(element: Element) -> bytes:
    if not 0 < len(element.need(Tag.INTEGER)) <= _MAX_REQUEST_ID_BYTES:
        raise DerError("certReqId")
    return element.encoded


def _number(element: Element) -> int:
    return int.from_bytes(element.need(Tag.INTEGER), "big", signed=True)


def _certificate(pair: Element) -> bytes:
    """Return the certificate of a CertifiedKeyPair; one that is encrypted is not asked for here."""
    chosen = first_of(pair.need(Tag.SEQUENCE))
    if chosen.tag != _CERTIFICATE:
        raise DerError("no certificate in clear")
    return read_element(chosen.content).encoded


def _status_info(element: Element) -> StatusInfo:
    status, *more = _within(element)
    text = next((_free_text(part) for part in more if part.tag == Tag.SEQUENCE), "")
    failures = (_failures(part.content) for part in more if part.tag == Tag.BIT_STRING)
    return StatusInfo(
        status=Status(_number(status)), text=text, failures=next(failures, frozenset())
    )


def _free_text(element: Element) -> str:
    """Return PKIFreeText in one line, harmless to show."""
    texts = (part.need(Tag.UTF8_STRING).decode("utf-8", "replace") for part in _within(element))
    return harmless(" ".join(texts))[:MAX_TEXT]


def _failures(bits: bytes) -> frozenset[str]:
    return frozenset(_set_bits(bits[1:]))


def _set_bits(content: bytes) -> Iterator[str]:
    for number in range(min(8 * len(content), len(FAILURES))):
        if content[number // 8] & 0x80 >> number % 8:
            yield FAILURES[number]


def _fail_info(failures: frozenset[str]) -> bytes:
    """Return a BIT STRING that ends with its last set bit (X.690, 11.2.2)."""
    numbers = [FAILURES.index(name) for name in failures]
    size = max(numbers) + 1
    content = bytearray((size + 7) // 8)
    for number in numbers:
        content[number // 8] |= 0x80 >> number % 8
    return encoded(Tag.BIT_STRING, bytes((8 * len(content) - size,)), bytes(content))
