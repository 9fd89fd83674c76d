"""Encryption at rest of what is personal: applicants, scans, secrets.

AES-256-GCM with one key per user. The key is kept in the desktop's keyring where one answers within
a few seconds, else in a 0600 file: that protects a stolen backup of the data folder without the
file, and against other users; it does not protect against programs of the same user.
"""

from __future__ import annotations

import base64
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.errors import OdcError
from agent.files import write_private
from agent.language import mark
from agent.runtime import home_override

log = logging.getLogger(__name__)
T = TypeVar("T")

KEYRING_SECONDS = 5.0
"""A locked keyring asks the user and may wait for ever; the agent does not."""
_SERVICE = "odc-agent"
_USER = "vault"
_NONCE_BYTES = 12


class VaultError(OdcError):
    """Something encrypted cannot be read with the key at hand."""

    code = "vault_unreadable"
    sentence = mark("Saved data of a renewal cannot be decrypted.")
    advice = mark("Start the renewal again; the certificate on the token is not affected.")


class Vault:
    """Seals and opens bytes; ``context`` ties a sealed text to its place."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, clear: bytes, context: str) -> bytes:
        """Encrypt ``clear``."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, clear, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what :meth:`seal` made for the same ``context``.

        Raises:
            VaultError: another key, another context, or damage.
        """
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise VaultError from error


def open_vault(key_file: Path) -> Vault:
    """Return the user's vault, making its key on first use.

    With ``ODC_HOME`` all data is in one folder, so the key is a file there.

    Raises:
        VaultError: there is a key file, and it does not hold a key.
    """
    if key_file.exists():
        try:
            return Vault(base64.b64decode(key_file.read_bytes(), validate=True))
        except ValueError as error:
            raise VaultError from error
    stored = None if home_override() else _within(KEYRING_SECONDS, _keyring_key)
    if stored is not None:
        return Vault(stored)
    key = AESGCM.generate_key(256)
    write_private(key_file, base64.b64encode(key))
    return Vault(key)


def _keyring_key() -> bytes | None:
    """Return the key in the desktop's keyring, made there on first use; None without a keyring."""
    import keyring  # noqa: PLC0415 - loads D-Bus; only a renewal needs it
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        stored = keyring.get_password(_SERVICE, _USER)
        if stored is None:
            stored = base64.b64encode(AESGCM.generate_key(256)).decode()
            keyring.set_password(_SERVICE, _USER, stored)
            if keyring.get_password(_SERVICE, _USER) != stored:
                return None
        return base64.b64decode(stored)
    except KeyringError as error:
        log.info("no keyring reason=%s", type(error).__name__)
        return None


def _within(seconds: float, call: Callable[[], T | None]) -> T | None:
    """Return what ``call`` gives within ``seconds``; a call that hangs is left to itself."""
    results: list[T | None] = []
    thread = threading.Thread(target=lambda: results.append(call()), daemon=True)
    thread.start()
    thread.join(seconds)
    return results[0] if results else None
