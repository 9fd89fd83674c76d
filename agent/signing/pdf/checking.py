"""Verifying the signatures in a PDF: who, when, by whose word, and what became of the file since.

The worker tells where signatures are and what was changed since; what is signed, by whom, and whether that is
right is found out here, from the file's own bytes.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.certificates.chain import Chain, ChainState, TrustStore
from agent.certificates.model import Certificate
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.ground.clock import Clock
from agent.keys.cades import SignerNotNamedError
from agent.keys.der import DerError, read_element
from agent.keys.signed_data import MessageError, read_certificates, read_detached, read_unsigned
from agent.signing.documents import read_whole
from agent.signing.pdf import process
from agent.signing.pdf.errors import NoSignatureInPdfError, PdfTooLargeError
from agent.signing.pdf.model import MAX_PDF_BYTES, Embedded, Signatures, Since
from agent.signing.revocation import (
    NotKnownError,
    RevokedError,
    check_crl,
    check_ocsp,
    needs_no_proof,
)
from agent.signing.timestamps import (
    SIGNATURE_TIME_STAMP,
    BadTimestampError,
    Timestamp,
    read_timestamp,
)
from agent.signing.verifying import Doubt, Verified, judge

_MAX_TRIED = 64
"""Answers and lists in a document that are tried for one certificate."""


class Stamped(msgspec.Struct, frozen=True, kw_only=True):
    """A time-stamp that is right."""

    time: dt.datetime
    authority: Certificate
    is_trusted: bool


class PdfSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature in a PDF."""

    embedded: Embedded
    since: Since
    verified: Verified | None = None
    """None where it is not right, or of a kind that is not read here."""
    stamped: Stamped | None = None
    has_proofs: bool = False
    """The file itself proves that nothing of the signer's chain was revoked then (PAdES-B-LT)."""

    @property
    def is_intact(self) -> bool:
        """Whether it is right, and nothing was changed since that its signer did not allow."""
        is_right = self.verified is not None or (
            self.embedded.kind == "timestamp" and self.stamped is not None
        )
        return is_right and self.since is not Since.CHANGED and self.embedded.allowed


class PdfChecked(msgspec.Struct, frozen=True, kw_only=True):
    """All signatures of a PDF, in the order they were made."""

    file: Path
    signatures: tuple[PdfSignature, ...]


async def check_pdf(
    file: Path, *, trust: Callable[[], Awaitable[TrustStore | None]], clock: Clock
) -> PdfChecked:
    """Verify all signatures in a PDF.

    Raises:
        OdcError: it cannot be read (:mod:`agent.signing.pdf.errors`), or nobody signed it inside.
    """
    pdf = await asyncio.to_thread(read_whole, file, MAX_PDF_BYTES + 1)
    if len(pdf) > MAX_PDF_BYTES:
        raise PdfTooLargeError(file=file.name, limit=MAX_PDF_BYTES >> 20)
    read = await asyncio.to_thread(process.read, file.name, pdf)
    if not read.found:
        raise NoSignatureInPdfError(file=file.name)
    check = _Check(pdf, read, await trust() or TrustStore(), clock())
    found = await asyncio.to_thread(lambda: tuple(map(check.of, read.found)))
    return PdfChecked(file=file, signatures=found)


class _Check(msgspec.Struct, frozen=True):
    pdf: bytes
    read: Signatures
    trust: TrustStore
    now: dt.datetime

    def of(self, embedded: Embedded) -> PdfSignature:
        """Return what is to be thought of one signature."""
        try:
            message = self._message(embedded)
            if embedded.kind == "timestamp":
                stamped = self._stamped(read_timestamp(message, self._digester(embedded)))
                return PdfSignature(embedded=embedded, since=self._since(embedded), stamped=stamped)
            return self._signature(embedded, message)
        except (MessageError, SignerNotNamedError, CertificateDamagedError, ValueError):
            return PdfSignature(embedded=embedded, since=self._since(embedded))

    def _signature(self, embedded: Embedded, message: bytes) -> PdfSignature:
        signer = read_detached(message, self._digester(embedded))
        stamped = self._time_of(message)
        moment = stamped.time if stamped and stamped.is_trusted else embedded.said_time
        enclosed = [*read_certificates(message), *self.read.certificates]
        verified = judge(
            signer, enclosed, self.trust, self.now, said_time=embedded.said_time, moment=moment
        )
        proved = self._proved(verified.chain, moment or self.now)
        doubts = [*verified.doubts]
        if stamped is not None and not stamped.is_trusted:
            doubts.append(Doubt.TIMESTAMP_UNTRUSTED)
        if proved is False:
            doubts.append(Doubt.REVOKED)
        return PdfSignature(
            embedded=embedded,
            since=self._since(embedded),
            verified=msgspec.structs.replace(verified, doubts=tuple(doubts)),
            stamped=stamped,
            has_proofs=proved is True,
        )

    def _message(self, embedded: Embedded) -> bytes:
        """Return the CMS that is in the hole a signature leaves, and nowhere else; ValueError."""
        start, first, second, rest = embedded.byte_range
        hole = self.pdf[first:second]
        if start or not 0 < first < second <= second + rest <= len(self.pdf):
            raise ValueError("it covers no document")
        if hole[:1] + hole[-1:] != b"<>":
            raise ValueError("there is more in its hole than the signature")
        message = bytes.fromhex(hole[1:-1].decode("ascii"))
        return _without_padding(message)

    def _digester(self, embedded: Embedded) -> Callable[[hashes.HashAlgorithm], bytes]:
        _, first, second, rest = embedded.byte_range

        def digest(algorithm: hashes.HashAlgorithm) -> bytes:
            whole = hashes.Hash(algorithm)
            whole.update(self.pdf[:first])
            whole.update(self.pdf[second : second + rest])
            return whole.finalize()

        return digest

    def _since(self, embedded: Embedded) -> Since:
        """Return what was changed; that nothing was is believed of nobody."""
        if len(embedded.byte_range) != 4:
            return Since.CHANGED
        is_whole = embedded.byte_range[2] + embedded.byte_range[3] == len(self.pdf)
        if is_whole or embedded.since is not Since.UNCHANGED:
            return embedded.since
        return Since.CHANGED

    def _time_of(self, message: bytes) -> Stamped | None:
        """Return the time-stamp of a signature; one that is not right is none."""
        signature, unsigned = read_unsigned(message)
        if SIGNATURE_TIME_STAMP not in unsigned:
            return None
        try:
            token = unsigned[SIGNATURE_TIME_STAMP]
            return self._stamped(read_timestamp(token, lambda how: _digest(how, signature)))
        except (BadTimestampError, CertificateDamagedError):
            return None

    def _stamped(self, stamp: Timestamp) -> Stamped:
        authority = parse_certificate(stamp.certificate)
        others = [*stamp.enclosed, *self.read.certificates]
        chain = self.trust.chains([authority, *_readable(others, authority)], stamp.time)[0]
        is_valid = authority.not_before <= stamp.time <= authority.not_after
        is_trusted = is_valid and chain.state is ChainState.TRUSTED
        return Stamped(time=stamp.time, authority=authority, is_trusted=is_trusted)

    def _proved(self, chain: Chain, moment: dt.datetime) -> bool | None:
        """Return whether the file proves of a chain that nothing was revoked; False where something was."""
        path = [x509.load_der_x509_certificate(each.der) for each in chain.path]
        if chain.state is not ChainState.TRUSTED or len(path) < 2:
            return None
        found = [
            self._one_proved(certificate, issuer, moment)
            for certificate, issuer in pairwise(path)
            if not needs_no_proof(certificate)
        ]
        if False in found:
            return False
        return None if None in found else True

    def _one_proved(
        self, certificate: x509.Certificate, issuer: x509.Certificate, moment: dt.datetime
    ) -> bool | None:
        about = (certificate, issuer, moment)
        tries: list[Callable[[], object]] = [
            *(partial(check_ocsp, der, *about) for der in self.read.ocsp_responses[:_MAX_TRIED]),
            *(partial(check_crl, der, *about) for der in self.read.crls[:_MAX_TRIED]),
        ]
        for attempt in tries:
            try:
                attempt()
            except RevokedError:
                return False
            except NotKnownError:
                continue
            return True
        return None


def _readable(ders: Sequence[bytes], but: Certificate) -> list[Certificate]:
    found = []
    for der in dict.fromkeys(ders):
        try:
            certificate = parse_certificate(der)
        except CertificateDamagedError:
            continue
        if certificate != but:
            found.append(certificate)
    return found[:32]


def _without_padding(message: bytes) -> bytes:
    """Return a message without the zeros that fill its hole; ValueError where more follows."""
    try:
        length = _length_of(message)
    except (DerError, IndexError) as error:
        raise ValueError("no message") from error
    if message[length:].strip(b"\0"):
        raise ValueError("there is more in its hole than the signature")
    return message[:length]


def _length_of(message: bytes) -> int:
    """Return how long the element is that a message begins with (DER, as ISO 32000-2, 12.8.3.3 wants)."""
    if message[1] < 0x80:
        return 2 + message[1]
    digits = message[1] & 0x7F
    if not digits:
        raise DerError("its length is not said")
    length = 2 + digits + int.from_bytes(message[2 : 2 + digits], "big")
    read_element(message[:length])
    return length


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()
