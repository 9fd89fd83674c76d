"""What is kept of a transaction, so that it goes on after a kill or a lost answer. Pure."""

from __future__ import annotations

import secrets
from enum import StrEnum, unique

import msgspec

from agent.ground.decoding import from_json
from agent.renewals.authorities.cmp.bodies import NO_REQUEST_ID

_ID_BYTES = 16


@unique
class Stage(StrEnum):
    """How far a transaction is."""

    NEW = "new"
    """Nothing of it has been sent."""
    ASKED = "asked"
    """The request has been, or was about to be; from then on it is polled for."""
    ISSUED = "issued"
    CONFIRMING = "confirming"
    """What became of the certificate has been told, or was about to be."""
    CONFIRMED = "confirmed"


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A request and all that belongs to it (RFC 4210, 5.1.1)."""

    id: bytes
    """transactionID."""
    stage: Stage = Stage.NEW
    is_answered: bool = True
    """Whether all that was sent has been answered: else the server may be further than we know."""
    answers: bytes = b""
    """The senderNonce of the server's last message: what is sent next names it."""
    request_id: bytes = NO_REQUEST_ID
    """certReqId as the server has it, an INTEGER (DER)."""
    certificate: bytes = b""
    """DER, from ISSUED on."""

    @classmethod
    def new(cls) -> Transaction:
        """Return one nobody has heard of."""
        return cls(id=secrets.token_bytes(_ID_BYTES))

    @classmethod
    def read(cls, notes: bytes) -> Transaction:
        """Return what :attr:`notes` were kept of; a new one where nothing was, or by another protocol.

        An administrator may have changed the authority's profile while the renewal was under way.
        """
        try:
            return from_json(notes, cls)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return cls.new()

    @property
    def notes(self) -> bytes:
        """What is kept with the renewal."""
        return msgspec.json.encode(self)

    def with_(self, **changes: object) -> Transaction:
        """Return it with changes."""
        return msgspec.structs.replace(self, **changes)
