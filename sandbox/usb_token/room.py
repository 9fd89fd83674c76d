"""Room for the lists of a token's keys and certificates.

OpenSC's profile for the IsoApplet makes directory files of 512 bytes, which three keys or two certificates
fill. A token that is renewed holds more; OpenSC takes directory files that exist as they are.
"""

from __future__ import annotations

import struct

from sandbox.usb_token import tlv
from sandbox.usb_token.files import Tag

_APPLICATION = bytes.fromhex("5015")
_DIRECTORIES = (0x4402, 0x4403, 0x4404)
"""Private keys, public keys and certificates, as numbered in /usr/share/opensc/isoApplet.profile."""
_DIRECTORY_BYTES = 4096
_READABLE = bytes.fromhex("ff90909090909000")
"""Everything after the PIN, reading always."""


def room_commands() -> list[str]:
    """Return the APDUs, in hexadecimal, that make larger directory files on a formatted token."""
    select = bytes.fromhex("00a4080c02") + _APPLICATION
    return [command.hex() for command in (select, *map(_create, _DIRECTORIES))]


def _create(identifier: int) -> bytes:
    parameters = {
        Tag.SIZE: struct.pack(">H", _DIRECTORY_BYTES),
        Tag.DESCRIPTOR: b"\x01",
        Tag.IDENTIFIER: struct.pack(">H", identifier),
        Tag.CONDITIONS: _READABLE,
    }
    template = b"".join(tlv.encode(tag, value) for tag, value in parameters.items())
    data = tlv.encode(Tag.CONTROL_INFORMATION, template)
    return bytes.fromhex("00e00000") + bytes([len(data)]) + data
