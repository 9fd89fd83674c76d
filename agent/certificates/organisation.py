"""Who a certificate belongs to: the authorities' own OIDs for an organisation's identity.

The table's facts come from public certificates of the authorities and from GM/T 0015; an administrator
adds further rows in the configuration (``[[identity_oid]]``).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Annotated

import msgspec
from stdnum.cn import uscc as uscc_rules

from agent.certificates.model import Certificate
from agent.certificates.names import read_text
from agent.ground.harmless import is_hidden
from agent.keys.der import DerError, Tag, read_element

MAX_ID = 64
"""Characters of the longest identifier that is believed."""


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

_NETCA = re.compile(r"\d+@\d{4}[A-Za-z]{2}(?P<is_base64>[01])(?P<value>.+)")
"""Such as ``00011@0006PO1<base64>``: four digits, two letters, whether the rest is Base64, the value."""

_STRINGS = (Tag.UTF8_STRING, Tag.PRINTABLE_STRING, Tag.IA5_STRING, Tag.BMP_STRING)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an organisation is, beside its name."""

    uscc: str | None
    """统一社会信用代码 (GB 32100), where one of the known extensions carries a valid one."""
    entity_id: str | None


def identity_of(certificate: Certificate, table: Sequence[IdentityOid] = IDENTITY_OIDS) -> Identity:
    """Return what the extensions listed in ``table`` tell; its first rows come first."""
    values = dict(certificate.extensions)
    found = [(row.meaning, _plain(values[row.oid])) for row in table if row.oid in values]
    usccs = (str(uscc_rules.compact(text)) for _, text in found if uscc_rules.is_valid(text))
    ids = (text for meaning, text in found if meaning is IdentityMeaning.ENTITY_ID and text)
    return Identity(next(usccs, None), next(ids, None))


def _plain(value: bytes) -> str:
    """Return the text of an extension's value; empty where it is none, or none fit to be shown."""
    text = _string(value).strip()
    if form := _NETCA.fullmatch(text):
        text = _base64(form["value"]) if form["is_base64"] == "1" else form["value"]
    return "" if len(text) > MAX_ID or any(is_hidden(c) for c in text) else text


def _string(value: bytes) -> str:
    """Read a DER string, or bare bytes as some authorities write them."""
    try:
        element = read_element(value)
    except DerError:
        element = None
    if element and element.tag in _STRINGS and element.encoded == value:
        return read_text(element)[0]
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _base64(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
