"""What is kept of a transaction whose messages the token signs: what is to be sent, and what came. Pure."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique

import msgspec

from agent.ground.decoding import from_json
from agent.renewals.authorities.cmp.key_update import REQUEST_ID
from agent.renewals.authorities.cmp.messages import BodyKind


class SignedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the token has signed; it is of no use but to be sent once."""

    kind: BodyKind
    transaction: bytes
    """transactionID."""
    nonce: bytes
    """senderNonce."""
    message: bytes
    """PKIMessage (DER)."""


@unique
class SignedStage(StrEnum):
    """How far a transaction is. What stands in ``to_send`` is signed and has not been sent."""

    NEW = "new"
    """Nothing of it has been sent."""
    ASKED = "asked"
    """A message has been sent, or was about to be, and no answer to it is known."""
    WAITING = "waiting"
    """The server wants to be asked again."""
    ISSUED = "issued"
    """There is a certificate, which the server wants confirmed."""
    CONFIRMING = "confirming"
    """It has been, or was about to be."""
    CONFIRMED = "confirmed"


class SignedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A key update and all that belongs to it (RFC 4210, 5.1.1)."""

    stage: SignedStage = SignedStage.NEW
    id: bytes = b""
    """transactionID of what was sent last."""
    answers: bytes = b""
    """The senderNonce of the server's last message: what is sent next names it."""
    request_id: bytes = REQUEST_ID
    """certReqId as the server has it, an INTEGER (DER)."""
    ready: dt.datetime | None = None
    """When the server wants to be asked again."""
    lost: int = 0
    """How many answers were lost one after the other."""
    certificate: bytes = b""
    """DER, from ISSUED on."""
    to_send: tuple[SignedMessage, ...] = ()
    """What is said next; after a lost answer also what is said where the server knows nothing of it."""

    @classmethod
    def read(cls, notes: bytes) -> SignedTransaction:
        """Return what :attr:`notes` were kept of; a new one where nothing was, or by another protocol."""
        try:
            return from_json(notes, cls)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return cls()

    @property
    def notes(self) -> bytes:
        """What is kept with the renewal."""
        return msgspec.json.encode(self)

    def with_(self, **changes: object) -> SignedTransaction:
        """Return it with changes."""
        return msgspec.structs.replace(self, **changes)
