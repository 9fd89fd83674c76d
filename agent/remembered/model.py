"""What is kept of a token that was seen, and what is known of all of them. Pure."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.certificates.pairs import Pair
from agent.tokens.model import TokenReference
from agent.tokens.snapshot import HeldCertificate


class RememberedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it was when it was last seen.

    Certificates are kept as they were read, so that nothing has to be parsed again at a start.
    """

    reference: TokenReference
    """With the label under which it was last seen."""
    model: str
    manufacturer: str
    seen: dt.datetime
    certificates: tuple[HeldCertificate, ...]
    """Those of pairs, renewed ones too; none of authorities."""
    renewed: dict[str, str] = {}
    """What a renewal of ours, or a person, said has been replaced: thumbprints of old and new."""
    kept_apart: tuple[str, ...] = ()
    """Thumbprints of which a person said that no other certificate has replaced them."""

    def find(self, thumbprint: str) -> HeldCertificate | None:
        """Return the certificate with ``thumbprint``, where the token has it."""
        held = self.certificates
        return next((one for one in held if one.certificate.thumbprint == thumbprint), None)


class KnownPair(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of a token, plugged in or not, and what is known of its end."""

    pair: Pair[HeldCertificate]
    token: TokenReference
    seen: dt.datetime | None = None
    """When its token was last seen; None where it is plugged in."""
    replaced_by: str | None = None
    """Thumbprint of what took over on another token, or by a renewal that came to its end: also on the same
    token, where the new pair is of another family of keys."""
    maybe_replaced_by: str | None = None
    """Thumbprint of what may have taken over: to be asked, not assumed."""

    @property
    def is_present(self) -> bool:
        """Whether its token is plugged in."""
        return self.seen is None

    @property
    def thumbprint(self) -> str:
        """Of the certificate that speaks for the pair."""
        return self.pair.lead.certificate.thumbprint

    @property
    def is_renewed(self) -> bool:
        """Whether something takes over from it already: nobody has to do anything."""
        return self.pair.successor is not None or self.replaced_by is not None


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that is no longer on its token, which was read as a whole."""

    thumbprint: str
    organisation: str
    label: str
    """Of the token."""
