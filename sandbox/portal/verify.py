"""What a portal's server checks when somebody logs in with a token: all of it is here.

`agent.keys` serves for its one interface to RSA, EC and SM2 keys. With `cryptography` alone, which knows no
SM2, it is ``Certificate.verify_directly_issued_by`` and ``public_key().verify`` with PKCS1v15 or ECDSA.
Whether a certificate was revoked is not looked at: a portal asks its authority for that (CRL, OCSP).
"""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Iterable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from agent.keys.certified import is_issued_by, key_of
from agent.keys.schemes import USUAL, Family, Scheme

LIFETIME = dt.timedelta(minutes=5)
MOST_CHALLENGES = 1000
KINDS = {
    ("web-eid:1.0", "RS256"): ("rsa:", USUAL[Family.RSA]),
    ("web-eid:1.0", "ES256"): ("ec:secp256r1", USUAL[Family.EC]),
    ("web-eid:1.0", "ES384"): ("ec:secp384r1", Scheme(Family.EC, hashes.SHA384())),
    ("odc-sm2:1.0", "sm2sig_sm3"): ("sm2", USUAL[Family.SM2]),
}
"""By format and algorithm: what kind of key it is, and how it signs."""


class LoginRefusedError(ValueError):
    """Nobody is logged in; the text says why."""


class Challenges:
    """Challenges that were given out: each is good once, and for five minutes."""

    def __init__(self) -> None:
        self._given: dict[str, dt.datetime] = {}

    def new(self, now: dt.datetime) -> str:
        """Return a challenge: 256 bits in base64. A portal keeps it in the visitor's session."""
        self._given = {nonce: end for nonce, end in self._given.items() if now < end}
        nonce = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
        if len(self._given) < MOST_CHALLENGES:
            self._given[nonce] = now + LIFETIME
        return nonce

    def take(self, nonce: str, now: dt.datetime) -> None:
        """Use a challenge up; LoginRefusedError where it was used, is too old, or none of ours."""
        end = self._given.pop(nonce, None)
        if end is None or now >= end:
            raise LoginRefusedError("the challenge is not one of ours, or no longer good")


def verify(
    token: Mapping[str, str],
    *,
    origin: str,
    nonce: str,
    issuers: Iterable[x509.Certificate],
    now: dt.datetime,
) -> x509.Certificate:
    """Return the certificate of who logs in.

    Args:
        token: what ``login()`` gave the page.
        origin: of our own pages, as ``https://portal.example.cn``; never what the request says.
        nonce: the challenge, which was taken (:meth:`Challenges.take`) before.
        issuers: whose certificates may log in.
        now: the time, with its zone.

    Raises:
        LoginRefusedError
    """
    try:
        certificate = x509.load_der_x509_certificate(
            base64.b64decode(token["unverifiedCertificate"])
        )
        kind, scheme = KINDS[token["format"], token["algorithm"]]
        key, signature = key_of(certificate), base64.b64decode(token["signature"])
    except (KeyError, TypeError, ValueError) as error:
        raise LoginRefusedError("this is no token we know") from error
    if not any(is_issued_by(certificate, issuer) for issuer in issuers):
        raise LoginRefusedError("the certificate is of an authority we do not know")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise LoginRefusedError("the certificate has expired, or is not valid yet")
    if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
        raise LoginRefusedError("the certificate is not for logging in")
    signed = b"".join(_digest(scheme, text.encode()) for text in (origin, nonce))
    if not key.kind.startswith(kind) or not key.verify(signed, _der(scheme, signature), scheme):
        raise LoginRefusedError("the signature is not right")
    return certificate


def _digest(scheme: Scheme, data: bytes) -> bytes:
    digest = hashes.Hash(scheme.digest)
    digest.update(data)
    return digest.finalize()


def _der(scheme: Scheme, signature: bytes) -> bytes:
    """Return a curve's signature, r and s side by side, as libraries take it."""
    if scheme.family is Family.RSA:
        return signature
    half = len(signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return encode_dss_signature(r, s)
