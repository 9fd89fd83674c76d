"""Attributes of requests and of signers: SEQUENCE { type, SET OF value } (RFC 5652, 5.3). Pure."""

from __future__ import annotations

from agent.keys.der import DerError, Tag, dotted, elements
from agent.keys.der_writing import object_identifier, sequence, set_of


def attribute(oid: str, value: bytes) -> bytes:
    """Return an Attribute with one value (DER)."""
    return sequence(object_identifier(oid), set_of(value))


def read_attributes(content: bytes) -> list[tuple[str, tuple[bytes, ...]]]:
    """Return OID and values of each Attribute ::= SEQUENCE { type, SET OF value }; DerError."""
    found = []
    for attribute in elements(content):
        parts = list(elements(attribute.need(Tag.SEQUENCE)))
        if len(parts) != 2:
            raise DerError("type and values expected")
        oid, values = parts
        each = tuple(value.encoded for value in elements(values.need(Tag.SET)))
        found.append((dotted(oid.need(Tag.OID)), each))
    return found
