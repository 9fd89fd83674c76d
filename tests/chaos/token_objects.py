"""What is on a token, told by a process of its own: ``token_objects.py MODULE`` with the PIN on stdin.

Prints JSON: CKA_IDs of private and of public keys, and for each certificate its CKA_ID, fingerprint
and whether the private key beside it is the certificate's. Of an object that SoftHSM was killed making
there may be an empty shell, without CKA_ID and without a key or certificate; that is not told.
"""

from __future__ import annotations

import hashlib
import json
import sys

import pkcs11
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from pkcs11 import Attribute, Mechanism, ObjectClass

MESSAGE = b"is it the same key?"


def main() -> None:
    library = pkcs11.lib(sys.argv[1])
    [slot] = [s for s in library.get_slots(token_present=True) if s.get_token().label]
    pin = sys.stdin.readline().strip()
    with slot.get_token().open(user_pin=pin) as session:
        print(json.dumps(_objects(session)))


def _objects(session: pkcs11.Session) -> dict[str, list]:
    def ids(kind: ObjectClass) -> list[str]:
        found = list(session.get_objects({Attribute.CLASS: kind}))
        return [o[Attribute.ID].hex() for o in found if not _is_shell(o)]

    found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
    certificates = [c for c in found if c[Attribute.ID] or c[Attribute.VALUE]]
    return {
        "private": ids(ObjectClass.PRIVATE_KEY),
        "public": ids(ObjectClass.PUBLIC_KEY),
        "certificates": [
            {
                "id": c[Attribute.ID].hex(),
                "sha256": hashlib.sha256(c[Attribute.VALUE]).hexdigest(),
                "has_key": _has_key(session, c[Attribute.ID], c[Attribute.VALUE]),
            }
            for c in certificates
        ],
    }


def _is_shell(key: pkcs11.Key) -> bool:
    if key[Attribute.ID]:
        return False
    part = Attribute.MODULUS if key.key_type is pkcs11.KeyType.RSA else Attribute.EC_POINT
    try:
        return not key[part]
    except pkcs11.PKCS11Error:
        return True


def _has_key(session: pkcs11.Session, key_id: bytes, der: bytes) -> bool:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
    keys = list(session.get_objects(wanted))
    if len(keys) != 1:
        return False
    public = x509.load_der_x509_certificate(der).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return _signs(keys[0], public)
    assert isinstance(public, rsa.RSAPublicKey)
    return keys[0][Attribute.MODULUS] == _bytes(public.public_numbers().n)


def _signs(key: pkcs11.PrivateKey, public: ec.EllipticCurvePublicKey) -> bool:
    digest = hashlib.sha256(MESSAGE).digest()
    raw = key.sign(digest, mechanism=Mechanism.ECDSA)
    half = len(raw) // 2
    numbers = (int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
    try:
        public.verify(
            utils.encode_dss_signature(*numbers),
            digest,
            ec.ECDSA(utils.Prehashed(hashes.SHA256())),
        )
    except InvalidSignature:
        return False
    return True


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


if __name__ == "__main__":
    main()
