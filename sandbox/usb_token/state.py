"""What a card remembers without power, as plain data, and the file it is kept in."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from sandbox.home import SandboxError, write_file

ROOT = ""
"""The path of the master file (3F00)."""


class File(msgspec.Struct, kw_only=True):
    """A dedicated file (a folder) or an elementary file."""

    is_folder: bool = False
    name: bytes = b""
    """DF name, an application identifier."""
    conditions: bytes = b""
    """Security attribute, tag 86: an access mode byte and seven security conditions, or nothing."""
    content: bytes = b""


class Reference(msgspec.Struct, kw_only=True):
    """A PIN or PUK: never the digits, and the tries that are left."""

    salt: bytes
    digest: bytes
    tries_left: int


class CardState(msgspec.Struct, kw_only=True):
    """Everything that survives being pulled out."""

    serial: str
    """16 hexadecimal digits, given at manufacture."""
    files: dict[str, File]
    """By path from the master file: file identifiers in hexadecimal, joined by a slash."""
    keys: dict[int, bytes] = {}
    """Private keys by their reference, as PKCS#8 (DER)."""
    pin: Reference | None = None
    puk: Reference | None = None


def blank_card() -> CardState:
    """Return a card as it comes from the factory: a serial number and an empty file system."""
    return CardState(serial=secrets.token_hex(8), files={ROOT: File(is_folder=True)})


def encode_state(state: CardState) -> bytes:
    """Return ``state`` as JSON."""
    return msgspec.json.encode(state)


def decode_state(text: bytes) -> CardState:
    """Return the state :func:`encode_state` wrote.

    Raises:
        msgspec.DecodeError: it is something else.
    """
    return msgspec.json.decode(text, type=CardState)


def load_state(path: Path) -> CardState:
    """Return the card kept in ``path``.

    Raises:
        SandboxError: there is none, or the file is damaged.
    """
    try:
        return decode_state(path.read_bytes())
    except OSError as error:
        raise SandboxError(f"cannot read the token {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise SandboxError(f"{path} is not a token's file: {error}") from error


def save_state(path: Path, text: bytes) -> None:
    """Keep an encoded state in ``path``, whole or not at all, readable by this user only."""
    write_file(path, text)
