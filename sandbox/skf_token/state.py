"""What is on a token, and its file: everything that survives being pulled out."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from agent.ground import held_files
from sandbox.home import SandboxError, write_file
from sandbox.skf_token.codes import KeyKind
from sandbox.skf_token.pins import Pin

TOTAL_BYTES = 64 << 10
DEFAULT_LABEL = "ODC-USBKEY"
MOST_CONTAINERS = 8
"""In one application."""
PAIR_BYTES = {KeyKind.EMPTY: 0, KeyKind.RSA: 1200, KeyKind.SM2: 100}
CONTAINER_BYTES = 256


class Half(msgspec.Struct, kw_only=True):
    """The signing or the encryption half of a container."""

    private: bytes = b""
    """RSA as PKCS#8 (DER), SM2 as 32 bytes; empty for none."""
    public: bytes = b""
    """RSA as SubjectPublicKeyInfo (DER), SM2 as an uncompressed point."""
    certificate: bytes = b""
    """Whatever was written there; empty for none."""


class Container(msgspec.Struct, kw_only=True):
    """At most two pairs of one kind, each with a certificate."""

    name: str
    kind: KeyKind = KeyKind.EMPTY
    signing: Half = msgspec.field(default_factory=Half)
    encryption: Half = msgspec.field(default_factory=Half)

    def half(self, *, is_signing: bool) -> Half:
        """Return one of the two."""
        return self.signing if is_signing else self.encryption


class Application(msgspec.Struct, kw_only=True):
    """What a PIN is for."""

    name: str
    user_pin: Pin
    administrator_pin: Pin
    containers: list[Container] = []
    most_containers: int = MOST_CONTAINERS


class TokenState(msgspec.Struct, kw_only=True):
    """Everything on one token."""

    serial: str
    label: str = DEFAULT_LABEL
    manufacturer: str = "ODC Sandbox"
    issuer: str = "ODC Sandbox Authority"
    total_bytes: int = TOTAL_BYTES
    applications: list[Application] = []

    @property
    def free_bytes(self) -> int:
        """What is left of the room for keys and certificates."""
        containers = (one for application in self.applications for one in application.containers)
        return max(self.total_bytes - sum(map(_bytes_of, containers)), 0)


def blank_token(label: str = DEFAULT_LABEL) -> TokenState:
    """Return a token as it comes from the factory: a serial number, a label and no application."""
    return TokenState(serial=secrets.token_hex(8).upper(), label=label)


def encode_state(state: TokenState) -> bytes:
    """Return ``state`` as JSON."""
    return msgspec.json.encode(state)


def load_state(path: Path) -> TokenState:
    """Return the token kept in ``path``.

    Raises:
        SandboxError: there is none, or the file is damaged.
    """
    try:
        return msgspec.json.decode(held_files.read_bytes(path), type=TokenState)
    except OSError as error:
        raise SandboxError(f"cannot read the token {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise SandboxError(f"{path} is not a token's file: {error}") from error


def save_state(path: Path, state: TokenState) -> None:
    """Keep ``state`` in ``path``, whole or not at all, readable by this user only."""
    write_file(path, encode_state(state))


def _bytes_of(container: Container) -> int:
    halves = (container.signing, container.encryption)
    pairs = sum(PAIR_BYTES[container.kind] for half in halves if half.private)
    return CONTAINER_BYTES + pairs + sum(len(half.certificate) for half in halves)
