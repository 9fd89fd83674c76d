"""The extensions that tell who an organisation is: the table, its rows. Light: every command reads it.

The table's facts come from public certificates of the authorities and from GM/T 0015; an administrator
adds further rows in the configuration (``[[identity_oid]]``).
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Annotated

import msgspec


@unique
class IdentityMeaning(StrEnum):
    """What the value under an OID tells."""

    USCC = "uscc"
    """统一社会信用代码, or the organisation code it contains."""
    ENTITY_ID = "entity_id"
    """The number under which an authority or an administration knows the organisation."""


class IdentityOid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An extension that tells who the organisation is."""

    oid: Annotated[str, msgspec.Meta(pattern=r"^[0-2](\.\d+)+$")]
    meaning: IdentityMeaning


IDENTITY_OIDS: tuple[IdentityOid, ...] = (
    # Shenzhen e-government entity id, alike for NETCA, GDCA and SZCA; it may be a USCC.
    IdentityOid(oid="2.16.156.112548", meaning=IdentityMeaning.ENTITY_ID),
    # 组织机构代码 / 统一社会信用代码, GM/T 0015.
    IdentityOid(oid="1.2.156.10260.4.1.4", meaning=IdentityMeaning.USCC),
    # The same in older RSA certificates.
    IdentityOid(oid="1.2.86.11.7.4", meaning=IdentityMeaning.USCC),
    # NETCA's user id.
    IdentityOid(oid="1.3.6.1.4.1.18760.1.12.11", meaning=IdentityMeaning.ENTITY_ID),
)
"""Extensions that can carry an organisation's identity, the most telling first."""
