"""The card's private keys: generating, importing, signing, deciphering. Pure but for randomness.

Formats are those of ISO 7816-8 as the IsoApplet uses them (OpenSC's card-isoApplet.c): RSA with 2048
bits and PKCS#1 v1.5 padding, elliptic curves by their explicit parameters.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from sandbox.usb_token import tlv
from sandbox.usb_token.status import CardError, StatusWord

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

RSA_BITS = 2048
_RSA_EXPONENT = 65537
_PUBLIC_KEY = 0x7F49
_RSA_PRIVATE_KEY = 0x7F48
_EC_PRIVATE_KEY = 0xE0
_CURVE_PARAMETERS = (0x81, 0x82, 0x83, 0x84, 0x85, 0x87)
"""Prime, both coefficients, base point, order, cofactor; 86 is the public point, 88 the secret."""
_PRIME, _PUBLIC_POINT, _SECRET = 0x81, 0x86, 0x88
_CURVES: dict[int, type[ec.EllipticCurve]] = {
    int("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16): ec.SECP256R1,
    (1 << 384) - (1 << 128) - (1 << 96) + (1 << 32) - 1: ec.SECP384R1,
}
"""By the prime of the field (FIPS 186-4, D.1.2)."""


def serialise(key: PrivateKey) -> bytes:
    """Return ``key`` as PKCS#8 (DER)."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load(der: bytes) -> PrivateKey:
    """Return the key :func:`serialise` wrote."""
    key = load_der_private_key(der, None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def generate_rsa() -> tuple[PrivateKey, bytes]:
    """Return a new key and what GENERATE ASYMMETRIC KEY PAIR answers (ISO 7816-8, table 3)."""
    key = rsa.generate_private_key(public_exponent=_RSA_EXPONENT, key_size=RSA_BITS)
    modulus = key.public_key().public_numbers().n.to_bytes(RSA_BITS // 8, "big")
    public = tlv.encode(0x81, modulus) + tlv.encode(0x82, _RSA_EXPONENT.to_bytes(3, "big"))
    return key, tlv.encode(_PUBLIC_KEY, public)


def generate_ec(parameters: bytes) -> tuple[PrivateKey, bytes]:
    """Return a new key on the curve of ``parameters``, and the answer, which repeats them."""
    given = tlv.decode(parameters)
    key = ec.generate_private_key(_curve(given))
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    answer = {tag: given.get(tag, b"") for tag in _CURVE_PARAMETERS} | {_PUBLIC_POINT: point}
    public = b"".join(tlv.encode(tag, answer[tag]) for tag in sorted(answer))
    return key, tlv.encode(_PUBLIC_KEY, public)


def import_key(data: bytes) -> PrivateKey:
    """Return the private key of a PUT DATA command.

    Raises:
        CardError: it is not a key, or not of a kind this card has.
    """
    objects = tlv.decode(data)
    try:
        if _RSA_PRIVATE_KEY in objects:
            return _rsa_key(tlv.decode(objects[_RSA_PRIVATE_KEY]))
        parameters = tlv.decode(objects.get(_EC_PRIVATE_KEY, b""))
        secret = int.from_bytes(parameters.get(_SECRET, b""), "big")
        return ec.derive_private_key(secret, _curve(parameters))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CardError(StatusWord.WRONG_DATA) from error


def _rsa_key(parts: dict[int, bytes]) -> rsa.RSAPrivateKey:
    """Build a key from its Chinese remainder form: p, q, 1/q mod p, d mod p-1, d mod q-1."""
    p, q, iqmp, dmp1, dmq1 = (
        int.from_bytes(parts.get(tag, b""), "big") for tag in range(0x92, 0x97)
    )
    if (p * q).bit_length() != RSA_BITS or not p & q & 1:
        raise CardError(StatusWord.NOT_SUPPORTED)
    exponent = pow(dmp1, -1, p - 1)
    public = rsa.RSAPublicNumbers(exponent, p * q)
    private = pow(exponent, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(p, q, private, dmp1, dmq1, iqmp, public).private_key()


def _curve(parameters: dict[int, bytes]) -> ec.EllipticCurve:
    curve = _CURVES.get(int.from_bytes(parameters.get(_PRIME, b""), "big"))
    if curve is None:
        raise CardError(StatusWord.NOT_SUPPORTED)
    return curve()


def sign(key: PrivateKey, data: bytes) -> bytes:
    """PSO: COMPUTE DIGITAL SIGNATURE: RSA over a DigestInfo, ECDSA over a text hashed here.

    Version 0 of the IsoApplet hashes with SHA-1 before ECDSA (its algorithm 21), whatever it is given;
    OpenSC 0.23 therefore offers CKM_ECDSA_SHA1 and no other mechanism for such keys.
    """
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - the card's only way
    try:
        return key.sign(data, padding.PKCS1v15(), NoDigestInfo())
    except ValueError as error:
        raise CardError(StatusWord.WRONG_DATA) from error


def decipher(key: PrivateKey, data: bytes) -> bytes:
    """PSO: DECIPHER: a padding indicator (00), then the ciphertext; the padding is taken off."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
    try:
        return key.decrypt(data[1:], padding.PKCS1v15())
    except ValueError as error:
        raise CardError(StatusWord.WRONG_DATA) from error
