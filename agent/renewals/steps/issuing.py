"""Fetching the new certificates and judging them: nothing is written onto a token that fails here."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.parsing import thumbprint
from agent.keys.public_key import PublicKey
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    KeyFormUnknownError,
    Pending,
    SignatureNeeded,
)
from agent.renewals.authorities.enrolment import Application
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.asking import wait_for_pin
from agent.renewals.steps.checks import (
    DAMAGED,
    CertificateRefusedError,
    check_enveloped_key,
    check_issued,
    check_issued_encryption,
)
from agent.renewals.steps.clocks import by_either_clock
from agent.renewals.steps.context import Context, Wait, application_of, credentials_of
from agent.renewals.steps.reviewing import under_status
from agent.tokens.protocol import EnvelopeKind

_ENVELOPES = {Family.SM2: EnvelopeKind.SM2, Family.RSA: EnvelopeKind.RSA}
"""What goes into a container, by the kind of its signing key."""


class KeptExchange:
    """The enrolment's notes, kept with the renewal of one step."""

    def __init__(self, context: Context, renewal: Renewal) -> None:
        self._context = context
        self.renewal = renewal
        """As it was saved last: what the step goes on from."""

    @property
    def notes(self) -> bytes:
        """What was kept last."""
        return self.renewal.private.exchange

    def keep(self, notes: bytes) -> None:
        """Save the renewal with these notes; NotSavedError, StaleRenewalError."""
        noted = self.renewal.with_private(self._context.clock(), exchange=notes)
        self.renewal = self._context.save(noted)


async def issue(context: Context, renewal: Renewal) -> Renewal:
    """Fetch the certificates, check them, tell the authority, and only then go on."""
    exchange = KeptExchange(context, renewal)
    try:
        after = await _with_certificates(context, exchange)
    except Pending as pending:
        raise Wait(Waiting.REVIEW, pending.retry_after) from pending
    except SignatureNeeded:
        await wait_for_pin(context, exchange.renewal)
    except AuthorityRefusedError as refused:
        return await _after_refusal(context, exchange.renewal, refused)
    return context.save(after.moved(State.INSTALLING, context.clock()))


async def _after_refusal(
    context: Context, renewal: Renewal, refused: AuthorityRefusedError
) -> Renewal:
    """Look whether the approval was taken back meanwhile; else it is the enrolment that was refused."""
    if context.dossier is None:
        raise refused
    polled = await context.dossier.poll(credentials_of(renewal))
    after = under_status(context, renewal, polled.status)
    if after.state is State.ISSUING:
        raise refused
    return context.save(after)


async def _with_certificates(context: Context, exchange: KeptExchange) -> Renewal:
    application = application_of(exchange.renewal)
    der = await _signing_certificate(context, application, exchange)
    found: dict[str, object] = {"new_certificate": der}
    if application.recipient:
        key = await _encryption_key(context, application, exchange)
        found["key_envelope"] = key.envelope
        found["envelope_kind"] = key.kind
        found["new_encryption_certificate"] = key.certificate.public_bytes(Encoding.DER)
    now = context.clock()
    return exchange.renewal.with_private(now, **found).changed(now, new_thumbprint=thumbprint(der))


async def _signing_certificate(
    context: Context, application: Application, exchange: KeptExchange
) -> bytes:
    der = await context.enrolment.enrol(application, exchange)
    check = partial(_check_signing, der, application=application, issuers=context.issuers)
    await _judge(context, application, exchange, der, check)
    return der


def _check_signing(
    der: bytes, *, application: Application, issuers: Sequence[x509.Certificate], now: dt.datetime
) -> None:
    try:
        new = x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateRefusedError(reason=DAMAGED) from error
    request = x509.load_der_x509_csr(application.request)
    old = x509.load_der_x509_certificate(application.certificate)
    check_issued(new, request=request, old=old, issuers=issuers, now=now)


async def _encryption_key(
    context: Context, application: Application, exchange: KeptExchange
) -> ServerKey:
    """Fetch the encryption key, in its envelope only the token opens, and its certificate."""
    key = await context.enrolment.server_key(application, exchange)
    _check_kind(key, application)
    old = exchange.renewal.private.encryption_certificate or application.certificate
    check = partial(
        _check_encryption,
        key,
        old=x509.load_der_x509_certificate(old),
        issuers=context.issuers,
    )
    await _judge(context, application, exchange, key.certificate.public_bytes(Encoding.DER), check)
    return key


def _check_kind(key: ServerKey, application: Application) -> None:
    """Raise KeyFormUnknownError where a key comes in what its recipient opens on no token."""
    wanted = EnvelopeKind.CMS
    if application.is_recipient_signing:
        wanted = _ENVELOPES[PublicKey.read(application.recipient).family]
    if key.kind is not wanted:
        raise KeyFormUnknownError(form=key.kind.value)


def _check_encryption(
    key: ServerKey,
    *,
    old: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    now: dt.datetime,
) -> None:
    check_issued_encryption(key.certificate, old=old, issuers=issuers, now=now)
    if key.kind is EnvelopeKind.SM2:
        check_enveloped_key(key.certificate, Sm2EnvelopedKey.read(key.envelope))
    if key.kind is EnvelopeKind.RSA:
        check_enveloped_key(key.certificate, RsaEnvelopedKey.read(key.envelope))


async def _judge(
    context: Context,
    application: Application,
    exchange: KeptExchange,
    certificate: bytes,
    check: Callable[..., None],
) -> None:
    """Check a certificate and let its authority hear the outcome; CertificateRefusedError."""

    async def in_thread(now: dt.datetime) -> None:
        await asyncio.to_thread(check, now=now)  # a signature with SM2 takes some 20 ms

    try:
        await by_either_clock(context, in_thread)
    except CertificateRefusedError as refusal:
        # Whatever it answers to that, the person is told what is wrong with the certificate.
        with contextlib.suppress(AuthorityRefusedError):
            await context.enrolment.accept(application, exchange, certificate, refusal)
        raise
    await context.enrolment.accept(application, exchange, certificate, None)
