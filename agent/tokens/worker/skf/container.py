"""One container: a pair that signs, a pair that was imported, and a certificate for each."""

from __future__ import annotations

from agent.keys.der import DerError, Tag, span
from agent.tokens.worker.skf.closing import Opened
from agent.tokens.worker.skf.codes import (
    SM2_SIGNATURE,
    SM2_SIGNATURE_OF_GMT_0006,
    SM4_ECB,
    Half,
    Sar,
    SkfError,
)
from agent.tokens.worker.skf.loaded import MARGIN, Buffer, ByValue

_CERTIFICATE_BYTES = 8 << 10
_KEY_BYTES = 1 << 10
Key = bytes | tuple[bytes, int]
"""A point of SM2, or modulus and exponent of RSA."""
_SIGNATURE_BYTES = 128
_NOT_THERE = (Sar.CERT_NOT_FOUND, Sar.KEY_NOT_FOUND, Sar.OBJECT, Sar.FAIL)
"""What libraries say of an empty place; others say SAR_OK, and that its content has no bytes."""
_NO_KEY = (Sar.KEY_NOT_FOUND, Sar.OBJECT)
_OTHER_ALGORITHM = (Sar.INVALID_PARAM, Sar.KEY_USAGE)
_BLOCK_BYTES = 16
_LONG_SEQUENCE = b"\x30\x82"
"""How DER of 256 bytes and more begins; the length follows, in two bytes."""


class Container(Opened):
    """A container that is open."""

    _close = "CloseContainer"

    def certificate(self, half: Half) -> bytes:
        """Return the certificate of a pair (DER), empty where there is none."""
        try:
            content = self._library.content(
                "ExportCertificate", self._handle, half, size=_CERTIFICATE_BYTES
            )
        except SkfError as error:
            if error.code in _NOT_THERE:
                return b""
            raise
        return _without_padding(content)

    def write_certificate(self, half: Half, der: bytes) -> None:
        """Store the certificate of a pair in its one place."""
        self._library.call("ImportCertificate", self._handle, half, der, len(der))

    def public_key(self, half: Half) -> bytes | None:
        """Return the blob of a pair's public key as the library has it, None where there is no pair."""
        try:
            blob = self._library.content("ExportPublicKey", self._handle, half, size=_KEY_BYTES)
        except SkfError as error:
            if error.code in _NO_KEY:
                return None
            raise
        return blob if any(blob) else None

    def key(self, half: Half) -> Key | None:
        """Return a pair's public key, None where there is no pair; BlobError of one of another kind."""
        blob = self.public_key(half)
        if blob is None:
            return None
        layout = self._library.layout
        return layout.rsa_numbers(blob) if layout.is_rsa(blob) else layout.point(blob)

    def public_key_parts(self, half: Half) -> bytes | None:
        """Return what a certificate of a pair must have in it: x and y of its point, or its modulus.

        None where there is no pair.

        Raises:
            BlobError: its public key is of no kind known here.
        """
        blob = self.public_key(half)
        if blob is None:
            return None
        layout = self._library.layout
        return layout.rsa_modulus(blob) if layout.is_rsa(blob) else layout.point(blob)[1:]

    def generate_rsa_pair(self, bits: int) -> None:
        """Make the pair of RSA that signs; one that is there is gone then."""
        blob = Buffer(bytearray(self._library.layout.rsa_public_key_bytes + MARGIN))
        self._library.call("GenRSAKeyPair", self._handle, bits, blob)

    def generate_sm2_pair(self) -> None:
        """Make the pair of SM2 that signs; one that is there is gone then."""
        blob = Buffer(bytearray(self._library.layout.public_key_bytes + MARGIN))
        try:
            self._library.call("GenECCKeyPair", self._handle, SM2_SIGNATURE, blob)
        except SkfError as error:
            if error.code not in _OTHER_ALGORITHM:
                raise
            self._library.call("GenECCKeyPair", self._handle, SM2_SIGNATURE_OF_GMT_0006, blob)

    def sign_by_rsa(self, digest_info: bytes) -> bytes:
        """Return a signature by PKCS#1 v1.5 over a DigestInfo (RFC 8017, 9.2)."""
        return self._library.content(
            "RSASignData", self._handle, digest_info, len(digest_info), size=_KEY_BYTES
        )

    def sign_by_sm2(self, digest: bytes) -> tuple[int, int]:
        """Return r and s over e, a digest of SM3 with Z before it, by the pair that signs."""
        blob = Buffer(bytearray(_SIGNATURE_BYTES + MARGIN))
        self._library.call("ECCSignData", self._handle, digest, len(digest), blob)
        return self._library.layout.signature(bytes(blob.content))

    def import_pair(self, blob: bytes) -> None:
        """Take an encryption pair, ENVELOPEDKEYBLOB, whose recipient is the container's pair that signs."""
        self._library.call("ImportECCKeyPair", self._handle, blob)

    def import_rsa_pair(self, sealed_key: bytes, encrypted: bytes) -> None:
        """Take an encryption pair under a key of SM4, which is sealed for the pair that signs.

        Args:
            sealed_key: the key of SM4, by PKCS#1 v1.5.
            encrypted: the private half under it, as PKCS#1 has it.
        """
        self._library.call(
            "ImportRSAKeyPair",
            self._handle,
            SM4_ECB,
            sealed_key,
            len(sealed_key),
            encrypted,
            len(encrypted),
        )

    def session_key(self, cipher: bytes, algorithm: int) -> SessionKey:
        """Have a key of SM4 until a block is left, sealed for the encryption pair.

        Args:
            cipher: ECCCIPHERBLOB, or what RSA encrypted by PKCS#1 v1.5.
            algorithm: SM4_ECB to encrypt a block, SM4_CBC to decrypt.
        """
        handle = self._library.number(
            "ImportSessionKey", self._handle, algorithm, cipher, len(cipher)
        )
        return SessionKey(self._library, handle)


class SessionKey(Opened):
    """A key that is in the token until it is closed."""

    _close = "CloseHandle"

    def encrypted(self, block: bytes) -> bytes:
        """Return one block under SM4 in ECB mode."""
        parameters = self._library.layout.block_cipher_parameters()
        self._library.call("EncryptInit", self._handle, ByValue(parameters))
        return self._library.content(
            "Encrypt", self._handle, block, len(block), size=2 * _BLOCK_BYTES
        )

    def decrypted(self, initial: bytes, blocks: bytes) -> bytes:
        """Return whole blocks in clear, by SM4 in CBC mode; ``initial`` is the block before them."""
        parameters = self._library.layout.block_cipher_parameters(initial)
        self._library.call("DecryptInit", self._handle, ByValue(parameters))
        return self._library.content(
            "Decrypt", self._handle, blocks, len(blocks), size=len(blocks) + _BLOCK_BYTES
        )


def _without_padding(content: bytes) -> bytes:
    """Return a certificate without what follows it: some tokens give the whole of its place."""
    if content[:2] == _LONG_SEQUENCE and int.from_bytes(content[2:4], "big") == len(content) - 4:
        return content  # nothing follows, as with nearly all
    if not any(content):
        return b""
    if content[0] != Tag.SEQUENCE:
        return content
    try:
        _, end = span(content)
    except DerError:
        return content
    return content[:end]
