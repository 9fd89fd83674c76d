"""Encryption at rest of what is personal: applicants, scans, secrets.

AES-256-GCM with one key per user, in a 0600 file of its own. That protects a backup of the data
without the key, and against other users; it does not protect against programs of the same user.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.system.damage import DamagedError, Damages, lasts, read_whole
from agent.system.files import write_private_once

_NONCE_BYTES = 12


class VaultError(OdcError):
    """Something encrypted cannot be read with the key at hand."""

    code = "vault_unreadable"
    sentence = mark("Saved data of a renewal cannot be decrypted.")
    advice = mark("Start the renewal again; the certificate on the token is not affected.")


class NotReadError(VaultError):
    """Something encrypted cannot be read for a moment: another program has it open, or a share is away."""

    code = "not_read"
    sentence = mark("What is saved of a renewal cannot be read just now: {reason}")
    advice = mark("Try again in a moment. What was saved is kept.")


class Vault:
    """Seals and opens bytes; ``context`` ties a sealed text to its place."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def passing(cls) -> Self:
        """Return one whose key nobody keeps: it opens nothing that was sealed by another agent."""
        return cls(AESGCM.generate_key(256))

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

    def open_file(self, file: Path, context: str) -> bytes:
        """Decrypt what lies in ``file``.

        Raises:
            FileNotFoundError: nothing does.
            NotReadError: it cannot be read just now.
            VaultError: it cannot be read; its cause says why.
        """
        try:
            sealed = read_whole(file)
        except FileNotFoundError:
            raise
        except OSError as error:
            if lasts(error):
                raise VaultError from error
            raise NotReadError(reason=reason_of(error)) from error
        return self.open(sealed, context)


class VaultKeyDamagedError(DamagedError):
    """The vault's key is laid aside, and with it all that it opens is lost."""

    code = "vault_key_damaged"
    what = mark("The key to the saved data of renewals")
    advice = mark(
        "Put the file back from a backup and restart the agent, or start the renewals under way again."
    )


def see_to_vault(key_file: Path, damages: Damages) -> Vault | None:
    """Return the user's vault, a new one where the key is damaged and could be laid aside.

    None where it could not: then nothing may be sealed, since nobody could open it at the next start.
    """
    try:
        return open_vault(key_file)
    except VaultError as error:
        if not damages.lay_aside(key_file, VaultKeyDamagedError, error):
            return None
    return open_vault(key_file)


def open_vault(key_file: Path) -> Vault:
    """Return the user's vault, making its key on first use: one key, whoever else makes it just then.

    Raises:
        VaultError: there is a key file, and it holds no key, or cannot be read.
    """
    try:
        return read_vault(key_file)
    except FileNotFoundError:
        write_private_once(key_file, base64.b64encode(AESGCM.generate_key(256)))
        return open_vault(key_file)


def read_vault(key_file: Path) -> Vault:
    """Return the user's vault, where there is a key.

    Raises:
        FileNotFoundError: there is none.
        VaultError: there is a key file, and it holds no key, or cannot be read.
    """
    try:
        return Vault(base64.b64decode(read_whole(key_file), validate=True))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise VaultError from error
