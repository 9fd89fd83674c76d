"""Asking those a long-lived signature needs: a time-stamping authority, OCSP responders, CRLs.

All of it by the agent's own bounded reader and the configured way out.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable
from itertools import pairwise

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.network.reader import Limits, NoAnswerError, Reader, Request, UnusableProxyError
from agent.network.way_out import SYSTEMS, proxy_for, tls_for_anybody
from agent.settings.config import NetworkSettings
from agent.signing.revocation import (
    NotKnownError,
    RevokedError,
    check_crl,
    check_ocsp,
    crl_urls,
    needs_no_proof,
    ocsp_request,
    ocsp_urls,
)
from agent.signing.timestamps import (
    BadTimestampError,
    Timestamp,
    read_timestamp,
    timestamp_request,
    token_in,
)

_SMALL = Limits(size=256 << 10, seconds=20)
_LIST = Limits(size=16 << 20, seconds=30)


class TsaMissingError(OdcError):
    """Nobody is configured who makes time-stamps."""

    code = "tsa_missing"
    sentence = mark("No time-stamping authority is configured, so there can be no time-stamp.")
    advice = mark("Set signing.tsa in the configuration, or sign with --level b-b.")


class TimestampMissingError(OdcError):
    """There is no time-stamp, or none that is believed."""

    code = "timestamp_missing"
    sentence = mark("Signed without a time-stamp, since none was to be had: {reason}")
    advice = mark(
        "It counts by the clock of this computer. To have one, delete the file and sign again later."
    )


class ProofMissingError(OdcError):
    """Whether the certificates were revoked is not to be found out."""

    code = "proof_missing"
    sentence = mark(
        "Signed without proofs that its certificates were not revoked, since one was not to be had: {reason}"
    )
    advice = mark("To have them in the file, delete it and sign again later.")


class CertificateRevokedError(OdcError):
    """The authority says that a certificate was revoked."""

    code = "certificate_revoked"
    sentence = mark("The authority says that a certificate of the signature was revoked: {subject}")
    advice = mark("Do not use the signed file. Ask the authority why.")


class Proofs(msgspec.Struct):
    """What a signature is verified with in later years; all as DER."""

    certificates: list[bytes] = msgspec.field(default_factory=list)
    ocsp_responses: list[bytes] = msgspec.field(default_factory=list)
    crls: list[bytes] = msgspec.field(default_factory=list)


class Asker:
    """Asks for as many signatures as one PIN makes: a server that failed once is not waited for again."""

    def __init__(self, tsa: str, network: Callable[[], NetworkSettings] = lambda: SYSTEMS) -> None:
        self._tsa = tsa
        self._network = network
        self._failed: OdcError | None = None

    async def timestamp(self, signature: bytes) -> tuple[bytes, Timestamp]:
        """Return a time-stamp of a signature, as it stands and as it was read.

        Raises:
            TimestampMissingError
        """
        if self._failed is not None:
            raise self._failed
        try:
            return await self._timestamp(signature)
        except (NoAnswerError, BadTimestampError, OSError, ValueError) as error:
            self._failed = TimestampMissingError(reason=reason_of(error))
            raise self._failed from error

    async def _timestamp(self, signature: bytes) -> tuple[bytes, Timestamp]:
        nonce = secrets.randbits(63)
        headers = {"Content-Type": "application/timestamp-query"}
        asked = Request(
            method="POST",
            url=self._tsa,
            headers=headers,
            content=timestamp_request(signature, nonce),
        )
        token = token_in(await self._ask(asked, _SMALL))
        return token, read_timestamp(token, lambda how: _digest(how, signature), nonce)

    async def prove(self, path: tuple[bytes, ...], now: dt.datetime, proofs: Proofs) -> None:
        """Add to ``proofs`` that nothing of a chain was revoked, but for its uppermost certificate.

        Raises:
            ProofMissingError, CertificateRevokedError
        """
        certificates = [x509.load_der_x509_certificate(der) for der in path]
        proofs.certificates += [der for der in path if der not in proofs.certificates]
        for certificate, issuer in pairwise(certificates):
            if not needs_no_proof(certificate):
                await self._prove_one(certificate, issuer, now, proofs)

    async def _prove_one(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        now: dt.datetime,
        proofs: Proofs,
    ) -> None:
        subject, reason = certificate.subject.rfc4514_string(), mark("it names nobody to ask")
        for url in ocsp_urls(certificate) + crl_urls(certificate):
            try:
                await self._prove_by(url, certificate, issuer, now, proofs)
            except RevokedError as error:
                raise CertificateRevokedError(subject=subject) from error
            except (NoAnswerError, NotKnownError, OSError, ValueError) as error:
                reason = reason_of(error)
            else:
                return
        raise ProofMissingError(reason=reason)

    async def _prove_by(
        self,
        url: str,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        now: dt.datetime,
        proofs: Proofs,
    ) -> None:
        if url in ocsp_urls(certificate):
            headers = {"Content-Type": "application/ocsp-request"}
            content = ocsp_request(certificate, issuer)
            asked = Request(method="POST", url=url, headers=headers, content=content)
            answer = await self._ask(asked, _SMALL)
            proofs.certificates += check_ocsp(answer, certificate, issuer, now)
            proofs.ocsp_responses.append(answer)
            return
        crl = await self._ask(Request(url=url), _LIST)
        await asyncio.to_thread(check_crl, crl, certificate, issuer, now)
        if crl not in proofs.crls:
            proofs.crls.append(crl)

    async def _ask(self, asked: Request, limits: Limits) -> bytes:
        """Return what was answered; NoAnswerError, OSError and ValueError where nothing was."""
        settings = self._network()
        proxy = await asyncio.to_thread(proxy_for, asked.url, settings)
        tls = await asyncio.to_thread(tls_for_anybody, settings)
        try:
            reader = Reader(tls, proxy)
        except UnusableProxyError as error:
            raise NoAnswerError(str(error)) from error
        try:
            answer = await reader.ask(asked, limits)
        finally:
            reader.close_soon()
        if not answer.is_success:
            raise NoAnswerError(f"HTTP {answer.status}")
        return answer.content


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()
