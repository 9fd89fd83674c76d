"""The steps of a renewal that need the PIN, each in one session of a worker of its own."""

from __future__ import annotations

import contextlib
import logging
import secrets
from typing import Literal

import msgspec
from cryptography import x509

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.reports import ReportedError
from agent.keys.schemes import Family
from agent.renewals.authorities.enrolment import SigningKey
from agent.renewals.journal.journal import StaleRenewalError
from agent.renewals.journal.leftovers import Leftover, goes_alone
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State
from agent.renewals.steps.checks import CertificateRefusedError, proves_key
from agent.renewals.steps.context import Context, application_of, credentials_of
from agent.renewals.steps.encryption_key import install_encryption_key, with_recipient
from agent.renewals.steps.stored import Stored, check_stored, store_certificate
from agent.system.files import NotSavedError
from agent.tokens import protocol as token
from agent.tokens.errors import ObjectMissingError
from agent.tokens.model import KeyPairFacts
from agent.tokens.pin_states import PinPurpose
from agent.tokens.supervisor import PinSession

log = logging.getLogger(__name__)

LABEL = "sign"
ROOM_BYTES = 4096
"""Room for two certificates with their keys' public parts: less would not do on any token."""


async def sign_submission(context: Context, renewal: Renewal, session: PinSession) -> Renewal:
    """PIN #1: new key pair, and all that the enrolment wants signed; one PIN for all of it."""
    await remove_leftovers(context, renewal, session)
    if not renewal.private.request:
        await session.call(token.CheckRoom(bytes=ROOM_BYTES))
    signing, kept = await _signing_pair(session, renewal)
    renewal = await with_recipient(context.clock, renewal, session, signing)
    prepared = await context.enrolment.prepare(
        application_of(renewal), _Signer(renewal, session, kept), context.clock()
    )
    now = context.clock()
    after = renewal.with_private(
        now, request=prepared.request, manifest=prepared.manifest, exchange=prepared.exchange
    )
    return after.moved(State.SUBMITTED, now)


async def sign_next(context: Context, renewal: Renewal, session: PinSession) -> Renewal:
    """What the enrolment has to say next, where the token signs each message: its task sends it."""
    notes = await _signed_next(context, renewal, session)
    now = context.clock()
    return renewal.with_private(now, exchange=notes).changed(now, waiting=None, error=None)


async def _signed_next(context: Context, renewal: Renewal, session: PinSession) -> bytes:
    assert context.signed is not None, "else no step waits for this PIN"
    signer = _Signer(renewal, session, renewal.private.request)
    return await context.signed.sign_next(
        application_of(renewal), signer, renewal.private.exchange, context.clock()
    )


async def install(context: Context, renewal: Renewal, session: PinSession) -> Renewal:
    """PIN #2: put the new pair onto the token, prove it, confirm it, remove what it replaces.

    The old pair is touched only when the authority knows that the new one works. Where that cannot
    be said now, the renewal goes on by itself, and the rest waits for the next PIN.
    """
    await remove_leftovers(context, renewal, session)
    if context.signed is not None:
        notes = await _signed_next(context, renewal, session)
        renewal = renewal.with_private(context.clock(), exchange=notes)
    stored = await install_encryption_key(renewal, session)
    stored.append(await _install_signing_certificate(renewal, session))
    await check_stored(renewal, session, stored)
    proved = context.save_after_pin(
        renewal, renewal.changed(context.clock(), is_proved=True, waiting=None, error=None)
    )
    if context.signed is not None:
        return proved  # its task tells the authority, and keeps what it needs for that before
    try:
        if context.dossier is not None:
            await context.dossier.confirm_installed(credentials_of(proved))
    except OdcError as error:
        log.info("installation not confirmed yet id=%s code=%s", renewal.id, error.code)
        return proved
    installed = proved.moved(State.INSTALLED, context.clock())
    try:
        with contextlib.suppress(
            StaleRenewalError
        ):  # its own task was woken meanwhile, and was faster
            installed = context.save_after_pin(proved, installed)
    except NotSavedError as error:
        log.info("installation not saved yet id=%s code=%s", renewal.id, error.code)
        return proved
    await remove_leftovers(context, renewal, session)
    return installed


async def remove_leftovers(context: Context, renewal: Renewal, session: PinSession) -> None:
    """Remove what earlier renewals, or this one, left on the token; failing that, it is tried again."""
    unwanted = context.leftovers.leftovers(renewal.token)
    for leftover in unwanted:
        try:
            along = await session.call(token.FindCompanions(key=leftover.key_id))
            if goes_alone(leftover, along, unwanted):
                await _remove(leftover, session)
            else:
                log.info("leftover kept for what goes with it token=%s", renewal.token.label)
        except ReportedError as error:
            log.info("leftover stays token=%s code=%s", renewal.token.label, error.code)
        else:
            context.leftovers.was_removed(leftover)


async def _remove(leftover: Leftover, session: PinSession) -> None:
    if leftover.certificate:
        await session.call(
            token.DestroyCertificate(key=leftover.key_id, certificate=leftover.certificate)
        )
    await session.call(token.DestroyKeyPair(key=leftover.key_id))


async def _install_signing_certificate(renewal: Renewal, session: PinSession) -> Stored:
    """Prove that the key on the token is the certificate's, then write it under that key."""
    der = renewal.private.new_certificate
    pair = await session.call(token.FindKeyPair(key=renewal.new_key_id))
    if not pair.private:
        raise ObjectMissingError(what=mark("the new signing key"))
    challenge = secrets.token_bytes(32)
    signature = await session.call(token.SignData(key=renewal.new_key_id, data=challenge))
    if not proves_key(x509.load_der_x509_certificate(der), challenge, signature):
        raise CertificateRefusedError(reason=mark("its key on the token did not prove itself"))
    return await store_certificate(session, renewal.new_key_id, LABEL, der)


PIN_STEPS = {
    State.SIGNING: sign_submission,
    State.ISSUING: sign_next,
    State.INSTALLING: install,
}
PURPOSES = {
    State.SIGNING: PinPurpose.SUBMIT,
    State.ISSUING: PinPurpose.ASK,
    State.INSTALLING: PinPurpose.INSTALL,
}
_DIGESTS: dict[Family, Literal["sha256", "sm3"]] = {
    Family.RSA: "sha256",
    Family.EC: "sha256",
    Family.SM2: "sm3",
}


class _Signer(msgspec.Struct, frozen=True):
    """The token of a renewal, as far as an enrolment may use it."""

    renewal: Renewal
    session: PinSession
    kept: bytes
    """The request there is for the new key; empty where it is to be made."""

    async def request(self) -> bytes:
        """Return the request for the new key."""
        if self.kept:
            return self.kept
        renewal = self.renewal
        return await self.session.call(
            token.SignRequest(key=renewal.new_key_id, certificate=renewal.private.certificate)
        )

    async def message(self, content: bytes, content_type: str) -> bytes:
        """Return what the key to renew signs."""
        return await self.session.call(
            token.SignMessage(
                key=self.renewal.key_id,
                certificate=self.renewal.private.certificate,
                content=content,
                content_type=content_type,
            )
        )

    async def sign(self, data: bytes, key: SigningKey, family: Family) -> bytes:
        """Return a bare signature by one of the two keys."""
        renewal = self.renewal
        name = renewal.new_key_id if key is SigningKey.NEW else renewal.key_id
        return await self.session.call(token.SignData(key=name, data=data, digest=_DIGESTS[family]))


async def _signing_pair(session: PinSession, renewal: Renewal) -> tuple[KeyPairFacts, bytes]:
    """Return the new pair, and the request there is for it: both stay while the key is there.

    A pair that an interrupted run left is adopted; half a pair is of no use.
    """
    key_id, request = renewal.new_key_id, renewal.private.request
    pair = await session.call(token.FindKeyPair(key=key_id))
    if pair.private and (pair.public or request):
        return pair, request
    if pair.public or pair.private:
        await session.call(token.DestroyKeyPair(key=key_id))
    assert renewal.policy is not None  # drafting asked for it
    key_types = renewal.policy.new_key_types
    made = await session.call(token.GenerateKeyPair(key=key_id, label=LABEL, key_types=key_types))
    return made, b""
