"""SM4 (GB/T 32907) in ECB mode: how GM/T 0009 and GM/T 0016 have keys travel. Pure."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4


def encrypted(key: bytes, blocks: bytes) -> bytes:
    """Return whole blocks of 16 bytes under ``key``, 16 bytes; ValueError of anything else."""
    encryptor = Cipher(SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the standards' mode
    return encryptor.update(blocks) + encryptor.finalize()
