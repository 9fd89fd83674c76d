"""What a token has to take for an organisation's pair to be put on it, whatever standard it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cryptography import x509

from agent.keys.public_key import PublicKey
from sandbox.private_keys import PrivateKey


@dataclass(frozen=True)
class KeyOnCard:
    """A key pair generated on the card."""

    key_id: bytes
    public_key: PublicKey


class WritableCard(Protocol):
    """A token with its user logged in."""

    @property
    def encryption_kind(self) -> str:
        """The kind of the key that is imported, as policies name it."""

    def generate_key(self, label: str) -> KeyOnCard:
        """Generate the signing pair, which can never leave the card."""

    def import_key(self, key: PrivateKey, label: str) -> bytes:
        """Import the decryption pair, after the other was generated, and return its id."""

    def write_certificate(self, certificate: x509.Certificate, key_id: bytes, label: str) -> None:
        """Write the certificate of the key named ``key_id``, readable without a PIN."""
