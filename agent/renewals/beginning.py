"""What a renewal begins as: its names and secrets are chosen before anything is made under them. Pure."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Protocol

from agent.certificates.pairs import group
from agent.renewals.journal.record import EncryptionPart, PrivatePart, Renewal
from agent.renewals.journal.states import State
from agent.tokens.model import KEY_NAME_BYTES, TokenReference
from agent.tokens.snapshot import HeldCertificate


class Holder(Protocol):
    """A token, plugged in or remembered."""

    @property
    def reference(self) -> TokenReference:
        """Its name."""

    @property
    def certificates(self) -> tuple[HeldCertificate, ...]:
        """What is on it."""


def new_renewal(
    token: Holder, held: HeldCertificate, authority: str, now: dt.datetime, origin: str = ""
) -> Renewal:
    """Return a renewal of a signing certificate and of the encryption certificate beside it."""
    pairs = group(token.certificates, now).pairs
    current = next((pair.encryption for pair in pairs if held in pair.all), None)
    return Renewal(
        id=str(uuid.uuid4()),
        thumbprint=held.certificate.thumbprint,
        organisation=held.certificate.organisation,
        authority=authority,
        token=token.reference,
        key_id=held.key,
        new_key_id=secrets.token_bytes(KEY_NAME_BYTES),
        state=State.DRAFTING,
        waiting=None,
        created=now,
        updated=now,
        origin=origin,
        encryption=EncryptionPart(
            key_id=secrets.token_bytes(KEY_NAME_BYTES),
            transport_id=secrets.token_bytes(KEY_NAME_BYTES),
            current_id=current.key if current else b"",
        ),
        private=PrivatePart(
            secret=secrets.token_urlsafe(32),
            certificate=held.certificate.der,
            encryption_certificate=current.certificate.der if current else b"",
        ),
    )
