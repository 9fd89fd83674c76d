"""What this installation knows about certificates, by its configuration."""

from __future__ import annotations

import msgspec

from agent.certificates.chain import TrustStore
from agent.certificates.identity_oids import IDENTITY_OIDS, IdentityOid


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """How to read an organisation's identity, and which authorities are trusted."""

    identity_oids: tuple[IdentityOid, ...] = IDENTITY_OIDS
    trust: TrustStore | None = None
    """None where chains are not to be looked at: it takes time."""
