"""SM4 as session keys and imported pairs use it (GM/T 0016, 6.4.4; GB/T 32907). Pure."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = BLOCK_BYTES = 16


def encrypted(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """Return whole blocks encrypted: CBC with an IV, else ECB."""
    encryptor = _cipher(key, iv).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def decrypted(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """Return whole blocks decrypted."""
    decryptor = _cipher(key, iv).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cipher(key: bytes, iv: bytes | None) -> Cipher[modes.ECB | modes.CBC]:
    mode: modes.ECB | modes.CBC
    mode = modes.ECB() if iv is None else modes.CBC(iv)  # noqa: S305 - the standard's
    return Cipher(algorithms.SM4(key), mode)
