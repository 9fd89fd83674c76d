"""Keys on the token in the shape `cryptography` builds requests and messages with.

The subclasses only sign; every other private operation is refused, since the key stays on the token.
What a module gives for a signature is verified before it goes anywhere: InvalidSignature is raised
of what is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from pkcs11 import Attribute, KeyType, Mechanism
from pkcs11.util.ec import encode_ecdsa_signature, encode_named_curve_parameters

from agent.keys.digest_info import digest_info

CURVES: dict[str, ec.EllipticCurve] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
}


PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def public_key_of(public: Any) -> PublicKey:  # noqa: ANN401
    """Read a CKO_PUBLIC_KEY object (or a private RSA key that shows its public parts)."""
    if public.key_type == KeyType.RSA:
        modulus = int.from_bytes(public[Attribute.MODULUS], "big")
        exponent = int.from_bytes(public[Attribute.PUBLIC_EXPONENT], "big")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    parameters = bytes(public[Attribute.EC_PARAMS])
    curve = next(
        curve for name, curve in CURVES.items() if encode_named_curve_parameters(name) == parameters
    )
    point = bytes(public[Attribute.EC_POINT])
    if point[:1] == b"\x04" and len(point) == 2 + point[1]:
        point = point[2:]  # PKCS#11 v2.40, 2.3.3: a DER OCTET STRING around the X9.62 point
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)


def subject_public_key_info(public: PublicKey) -> bytes:
    """Return the SubjectPublicKeyInfo (RFC 5280, 4.1) of ``public`` as DER."""
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


class _Unavailable:
    """What a key on a token cannot do, or is never asked to do here."""

    @staticmethod
    def _refuse() -> NoReturn:
        raise NotImplementedError("the private key does not leave the token")

    def private_numbers(self) -> NoReturn:
        self._refuse()

    def private_bytes(self, *_args: object) -> NoReturn:
        self._refuse()

    def __copy__(self) -> NoReturn:
        self._refuse()

    def __deepcopy__(self, _memo: object) -> NoReturn:
        self._refuse()


class TokenRsaKey(_Unavailable, rsa.RSAPrivateKey):
    """An RSA private key that stays on the token."""

    def __init__(self, key: Any, public: rsa.RSAPublicKey) -> None:  # noqa: ANN401
        self._key = key
        self._public = public

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public

    def sign(
        self,
        data: Buffer,
        padding: padding.AsymmetricPadding,  # noqa: ARG002 - PKCS#1 v1.5 is all we ask for
        algorithm: Prehashed | hashes.HashAlgorithm | NoDigestInfo,
    ) -> bytes:
        assert isinstance(algorithm, hashes.SHA256)
        signature = bytes(self._key.sign(bytes(data), mechanism=Mechanism.SHA256_RSA_PKCS))
        self._public.verify(signature, bytes(data), PKCS1v15(), algorithm)
        return signature

    def sign_digest(self, digest: bytes, algorithm: str) -> bytes:
        """Sign a digest by PKCS#1 v1.5 (PKCS#11 v2.40, 2.1.6)."""
        info = digest_info(algorithm, digest)
        signature = bytes(self._key.sign(info, mechanism=Mechanism.RSA_PKCS))
        self._public.verify(signature, digest, PKCS1v15(), Prehashed(_DIGESTS[algorithm]()))
        return signature

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> NoReturn:  # noqa: ARG002
        self._refuse()


class TokenEcKey(_Unavailable, ec.EllipticCurvePrivateKey):
    """An EC private key that stays on the token."""

    def __init__(self, key: Any, public: ec.EllipticCurvePublicKey) -> None:  # noqa: ANN401
        self._key = key
        self._public = public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        algorithm = signature_algorithm.algorithm
        assert isinstance(algorithm, hashes.HashAlgorithm)
        # Tokens differ in which hashing ECDSA mechanisms they have; all have the plain one.
        return self.sign_digest(hashlib.new(algorithm.name, data).digest(), algorithm.name)

    def sign_digest(self, digest: bytes, algorithm: str) -> bytes:
        """Sign a digest (PKCS#11 v2.40, 2.3.6), DER."""
        raw = self._key.sign(digest, mechanism=Mechanism.ECDSA)
        if len(raw) != 2 * (
            (self.key_size + 7) // 8
        ):  # PKCS#11 v2.40, 2.3.1: r and s, side by side
            raise InvalidSignature
        signature = bytes(encode_ecdsa_signature(raw))
        self._public.verify(signature, digest, ec.ECDSA(Prehashed(_DIGESTS[algorithm]())))
        return signature

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:  # noqa: ARG002
        self._refuse()


Buffer = bytes | bytearray | memoryview

TokenKey = TokenRsaKey | TokenEcKey


def token_key(private: Any, public: PublicKey) -> TokenKey:  # noqa: ANN401
    """Wrap a CKO_PRIVATE_KEY object whose public half is ``public``."""
    if isinstance(public, rsa.RSAPublicKey):
        return TokenRsaKey(private, public)
    return TokenEcKey(private, public)


_DIGESTS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def sign_data(key: TokenKey, data: bytes, digest: str = "sha256") -> bytes:
    """Sign ``data``: RSA PKCS#1 v1.5 with SHA-256, or ECDSA as DER with the digest named."""
    if isinstance(key, TokenRsaKey):
        return key.sign(data, PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(_DIGESTS[digest]()))


def sign_digest(key: TokenKey, digest: bytes, algorithm: str) -> bytes:
    """Sign a digest: RSA PKCS#1 v1.5, or ECDSA as DER."""
    return key.sign_digest(digest, algorithm)
