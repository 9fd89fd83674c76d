"""SM2 with SM3 signatures (GB/T 32918.2), which `cryptography` cannot check.

gmalg is imported where it is needed: most tokens have no SM2 certificate, and an agent at rest should
be small.
"""

from __future__ import annotations

from agent.keys.algorithms import is_sm2, public_bits
from agent.keys.der import DerError, Element, Tag, elements, read_element

SIGNATURE = "1.2.156.10197.1.501"
"""SM2 with SM3 (GM/T 0006)."""
DEFAULT_ID = b"1234567812345678"
"""The signer's identity where none was agreed on (GB/T 35276, 10): certificates and requests use it."""
MAX_SIGNED = 65_536
"""SM3 in Python takes two seconds for a megabyte; nothing that is checked here is so large."""


def is_signed_by(key: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` (DER) over ``data`` is by the SM2 key (SubjectPublicKeyInfo).

    False also where key or signature are not what they should be.
    """
    try:
        point = _point(key)
        r, s = _numbers(signature)
    except DerError:
        return False
    if len(data) > MAX_SIGNED:
        return False
    from gmalg import SM2  # noqa: PLC0415
    from gmalg.errors import GMError  # noqa: PLC0415

    try:
        verifier = SM2(uid=DEFAULT_ID, pk=point)
        return bool(verifier.verify_pk(point) and verifier.verify(data, r, s))
    except (GMError, ArithmeticError, ValueError):
        return False


def is_request_signed(request: bytes) -> bool:
    """Return whether a PKCS#10 request (RFC 2986, 4) is signed with the SM2 key it is for."""
    try:
        whole = read_element(request)
        information, _, bits = elements(whole.need(Tag.SEQUENCE))
        _, _, key, *_ = elements(information.need(Tag.SEQUENCE))
        signature = bits.need(Tag.BIT_STRING)[1:]
    except ValueError:  # DerError, and another number of parts
        return False
    return is_signed_by(key.encoded, information.encoded, signature)


def _point(key: bytes) -> bytes:
    """Return an uncompressed point; whether it lies on the curve is seen later."""
    element = read_element(key)
    point = public_bits(element)
    if not is_sm2(element) or len(point) != 65 or point[0] != 0x04:
        raise DerError("no SM2 key")
    return point


def _numbers(signature: bytes) -> tuple[bytes, bytes]:
    """Return r and s of SEQUENCE { r, s }, both positive (GB/T 35276, 7.4)."""
    whole: Element = read_element(signature)
    numbers = [part.need(Tag.INTEGER) for part in elements(whole.need(Tag.SEQUENCE))]
    if whole.encoded != signature or len(numbers) != 2:
        raise DerError("no signature")
    for number in numbers:
        if not number or len(number) > 33 or number[0] & 0x80:
            raise DerError("out of range")
    return numbers[0], numbers[1]
