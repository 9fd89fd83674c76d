"""Who a certificate belongs to: what stands under the OIDs authorities have for that."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

import msgspec
from stdnum.cn import uscc as uscc_rules

from agent.certificates.identity_oids import IDENTITY_OIDS, IdentityMeaning, IdentityOid
from agent.certificates.model import Certificate
from agent.certificates.names import read_text
from agent.ground.harmless import is_hidden
from agent.keys.der import DerError, Tag, read_element

MAX_ID = 64
"""Characters of the longest identifier that is believed."""


_NETCA = re.compile(r"\d+@\d{4}[A-Za-z]{2}(?P<is_base64>[01])(?P<value>.+)")
"""Such as ``00011@0006PO1<base64>``: four digits, two letters, whether the rest is Base64, the value."""

_STRINGS = (Tag.UTF8_STRING, Tag.PRINTABLE_STRING, Tag.IA5_STRING, Tag.BMP_STRING)


class Identity(msgspec.Struct, frozen=True):
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
