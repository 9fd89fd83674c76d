"""Object identifiers of our own: all of them, so that none is ever given a second meaning. Pure.

They stand under the UUID 37362c8c-2761-4c9b-8b01-15030c54dd83 as an arc (ITU-T X.667, 7): nobody else's,
and nobody has to register it.
"""

from __future__ import annotations

_ARC = "2.25.73388827328684109328805368269720837507"

MANIFEST = f"{_ARC}.1"
"""eContentType: what is signed to apply for a certificate."""
LICENCE_REQUEST = f"{_ARC}.2"
"""eContentType: what is signed to fetch a business licence."""
ORIGIN = f"{_ARC}.3"
"""Signed attribute: the origin of the page that asked for the signature, as UTF8String."""
