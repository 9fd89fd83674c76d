"""What a signed message of the RA API says it is, and from which version on it says so. Pure.

A manifest and a licence request are CMS SignedData. Under id-data, as version 1 has them, they are one
of the many things a key may have signed over the years; under types of their own (RFC 5652, 5.2) nothing
that was signed for another purpose can be taken for one, and neither for the other. RFC 5652 has the
type signed too, as the attribute content-type (5.3, 11.1).
"""

from __future__ import annotations

from enum import StrEnum, unique

from agent.keys import own_oids

PLAIN, TYPED = 1, 2
"""Values of ``Policy.message_version``; what is higher is not known here yet."""


@unique
class ContentType(StrEnum):
    """The eContentTypes of signed messages, dotted."""

    DATA = "1.2.840.113549.1.7.1"
    """id-data: anything. What version 1 has both messages under."""
    MANIFEST = own_oids.MANIFEST
    LICENCE_REQUEST = own_oids.LICENCE_REQUEST


def manifest_type(message_version: int) -> ContentType:
    """Return what a manifest is signed as for an authority of that version, or of a later one."""
    return ContentType.MANIFEST if message_version >= TYPED else ContentType.DATA


def licence_request_type(message_version: int) -> ContentType:
    """Return what a licence request is signed as for an authority of that version, or of a later one."""
    return ContentType.LICENCE_REQUEST if message_version >= TYPED else ContentType.DATA
