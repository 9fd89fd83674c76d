"""What a page wants of a token."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Generic, Literal, TypeVar

import msgspec

from agent.certificates.model import Certificate, CertificateUse
from agent.ground.errors import OdcError
from agent.sites.model import Action
from agent.tokens.pin_states import PinPurpose
from agent.tokens.snapshot import HeldCertificate
from agent.tokens.supervisor import PinSession

Result = TypeVar("Result")

PURPOSES = {
    Action.LOGIN: PinPurpose.LOGIN,
    Action.SIGN: PinPurpose.SIGN,
    Action.DECRYPT: PinPurpose.DECRYPT,
}
"""What the PIN is for."""


class ShownItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is signed or decrypted, as a person is shown it."""

    kind: Literal["text", "document", "hash"]
    """A hash is all there is of what somebody signs; what has it, the agent never sees."""
    name: str = ""
    """A document's; it is the page's word."""
    size: int = 0
    """A document's, in bytes."""
    sha256: str = ""
    """A document's, in hex."""
    hash: str = ""
    """A hash itself: its function, and it in hex."""
    text: str = ""
    """All of a text."""


class TokenUse(msgspec.Struct, Generic[Result], frozen=True, kw_only=True):
    """One use of a key on a token, for one page."""

    origin: str
    """As the browser gave it."""
    action: Action
    """LOGIN, SIGN or DECRYPT."""
    refuses: Callable[[Certificate, dt.datetime], OdcError | None]
    """Why a certificate does not serve now; None where it does. Asked before any PIN."""
    work: Callable[[HeldCertificate, PinSession], Awaitable[Result]]
    """What is done once the PIN was right. Of what it raises a page is told a ToldToPageError alone."""
    shown: tuple[ShownItem, ...] = ()
    contents: tuple[bytes, ...] = ()
    """What the shown documents hold, in the same order, to be looked at."""
    thumbprint: str | None = None
    """Of the only certificate the page wants."""
    certificate_use: CertificateUse = CertificateUse.SIGNING

    @property
    def kinds(self) -> str:
        """Of what is shown, for the log: ``document,text``, ``hash``, ``nothing`` of a log-in."""
        return ",".join(sorted({item.kind for item in self.shown})) or "nothing"
