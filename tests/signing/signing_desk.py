"""A token with a signing key, and who has documents signed with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from certificate_maker import china, make_x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from pin_desk import PinDesk, type_in
from soft_token import PIN, logged_in

from agent.certificates.chain import TrustStore
from agent.ground.bus import Event
from agent.ground.errors import OdcError
from agent.settings.config import Config
from agent.signing.service import DocumentsSigned, SigningService
from agent.tokens import protocol

NOW = china("2026-11-30 12:00:00")
KEY_ID = b"\x01\x02"
VALID = {"not_before": china("2026-01-01 00:00:00"), "not_after": china("2027-01-01 00:00:00")}


async def nobody() -> TrustStore | None:
    """Trust nobody."""
    return None


class SigningDesk(PinDesk):
    """A token with a signing key, whose certificate is that of the only pair on it."""

    def __init__(self, tokens, folder: Path, trust=nobody, now=NOW, config=Config) -> None:
        super().__init__(tokens.settings, folder)
        self.service = SigningService(
            inventory=self.inventory,
            pins=self.sessions,
            bus=self.bus,
            clock=lambda: now,
            trust=trust,
            config=config,
        )
        self.ends: asyncio.Queue[DocumentsSigned] = asyncio.Queue()
        self.bus.subscribe(self._note)

    @property
    def thumbprint(self) -> str:
        [token] = self.inventory.snapshot.tokens
        return token.certificates[0].certificate.thumbprint

    async def sign(self, files, pin: str = PIN, **how) -> tuple[OdcError | None, DocumentsSigned]:
        """Sign files, and return what who typed was told, and what all were."""
        asked = await self.service.sign_files(self.thumbprint, files, **how)
        told = await type_in(asked.pin, pin)
        return told, await self.end()

    async def end(self) -> DocumentsSigned:
        return await self.ends.get()

    def _note(self, event: Event) -> None:
        if isinstance(event, DocumentsSigned):
            self.ends.put_nowait(event)


async def put_on(tokens, key_type: str, **options) -> None:
    """Make a key on the token, and a certificate for it."""
    async with logged_in(tokens) as session:
        pair = await session.call(
            protocol.GenerateKeyPair(key=KEY_ID, label="sign", key_types=(key_type,))
        )

    class Holder:
        @staticmethod
        def public_key():
            return load_der_public_key(pair.public_key)

    certificate = make_x509(**{"key": Holder(), **VALID, **options})
    tokens.write((KEY_ID.hex(), "sign", certificate.public_bytes(Encoding.DER)))
