"""The new certificates on the token: stored, and found there before anybody is told so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.ground.language import mark
from agent.renewals.journal.record import Renewal
from agent.tokens import protocol as token
from agent.tokens.errors import NotWrittenError
from agent.tokens.model import KeyName
from agent.tokens.supervisor import PinSession


class Stored(msgspec.Struct, frozen=True):
    """A certificate that the token said it has stored."""

    key: KeyName
    certificate: bytes
    """DER."""


async def store_certificate(
    session: PinSession, key: KeyName, label: str, certificate: bytes
) -> Stored:
    """Write the certificate under its key, unless it is there."""
    await session.call(token.WriteCertificate(key=key, label=label, certificate=certificate))
    return Stored(key, certificate)


async def check_stored(renewal: Renewal, session: PinSession, stored: Iterable[Stored]) -> None:
    """Read all of it again, once all is written; NotWrittenError: the step is repeated.

    Their keys have just been proved. A driver's "done" is no proof: SoftHSM loses an object that another
    program reads while it is made.
    """
    for one in stored:
        along = await session.call(token.FindCompanions(key=one.key))
        if one.certificate not in along.certificates:
            raise NotWrittenError(
                module=Path(renewal.token.module).name,
                reason=mark("what is there is not what was stored"),
            )
