"""A hash that a page chose, signed as Web eID's `sign` does: only where the administrator allows that site.

Whoever chooses a hash decides what is signed: a contract, a log-in elsewhere (whose hash is H(H(origin) ‖
H(nonce))), an application for a certificate. So nobody but the administrator can allow a site to ask, and
the person is told that nobody can see what it is.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Literal

import msgspec

from agent.certificates.model import Certificate
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.portal_signing.errors import CertificateUnsuitableError, NotSignedError
from agent.portal_signing.login import raw_signature
from agent.portal_signing.model import ShownItem, TokenUse
from agent.portal_signing.signing import why_not_to_sign
from agent.settings.config import BrowserSettings
from agent.sites.model import Action
from agent.sites.origins import is_allowed
from agent.tokens.protocol import SignDigest
from agent.tokens.snapshot import HeldCertificate
from agent.tokens.supervisor import PinSession

HashFunction = Literal["SHA-256", "SHA-384", "SHA-512"]
_FUNCTIONS: dict[int, tuple[HashFunction, Literal["sha256", "sha384", "sha512"]]] = {
    32: ("SHA-256", "sha256"),
    48: ("SHA-384", "sha384"),
    64: ("SHA-512", "sha512"),
}
"""By how many bytes they make."""
_COORDINATES = {"ec:secp256r1": 32, "ec:secp384r1": 48}


class HashNotAllowedError(OdcError):
    """A page wants a hash signed; no administrator has allowed its site that."""

    code = "hash_not_allowed"
    sentence = mark("{origin} may not have a hash signed that it chose.")
    advice = mark("Have the document or the text signed; only an administrator allows hashes.")


class SignatureAlgorithm(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a hash is signed, in Web eID's words."""

    crypto_algorithm: Literal["RSA", "ECC"]
    hash_function: HashFunction
    padding_scheme: Literal["PKCS1.5", "NONE"]


class SignedHash(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page gets; the names are Web eID's."""

    signature: str
    """Base64; of curves r ‖ s."""
    signature_algorithm: SignatureAlgorithm


def check_hash_allowed(origin: str, rules: BrowserSettings) -> None:
    """Return where the administrator allows the site to have hashes signed; HashNotAllowedError."""
    if not is_allowed(origin, rules.allow_sign_hash):
        raise HashNotAllowedError(origin=origin)


def supported(certificate: Certificate) -> tuple[SignatureAlgorithm, ...]:
    """Return how a certificate's key signs hashes; nothing for SM2, whose hashes have the key in them."""
    kind = PublicKey.read(certificate.public_key).kind
    if kind not in _COORDINATES and not kind.startswith("rsa:"):
        return ()
    return tuple(_algorithm(kind, function) for function, _ in _FUNCTIONS.values())


def why_not_to_sign_hashes(certificate: Certificate, now: dt.datetime) -> OdcError | None:
    """Return what keeps a certificate from signing hashes now; None for nothing."""
    if (refusal := why_not_to_sign(certificate, now)) is not None:
        return refusal
    if not supported(certificate):
        return CertificateUnsuitableError(reason=mark("its key signs no bare hashes."))
    return None


def hash_signing_of(digest: bytes, *, origin: str, thumbprint: str) -> TokenUse[SignedHash]:
    """Return the use of a token that signs a digest, of 32, 48 or 64 bytes, with one certificate."""
    function, algorithm = _FUNCTIONS[len(digest)]

    async def work(held: HeldCertificate, session: PinSession) -> SignedHash:
        key = PublicKey.read(held.certificate.public_key)
        order = SignDigest(key=held.key, digest=digest, algorithm=algorithm)
        signature = await session.call(order)
        if not key.verify_digest(digest, signature, algorithm):
            raise NotSignedError
        raw = raw_signature(signature, _COORDINATES.get(key.kind, 0))
        return SignedHash(
            signature=base64.b64encode(raw).decode("ascii"),
            signature_algorithm=_algorithm(key.kind, function),
        )

    return TokenUse(
        origin=origin,
        action=Action.SIGN,
        refuses=why_not_to_sign_hashes,
        work=work,
        shown=(ShownItem(kind="hash", hash=f"{function} {digest.hex()}"),),
        thumbprint=thumbprint,
    )


def _algorithm(kind: str, function: HashFunction) -> SignatureAlgorithm:
    is_rsa = Family(kind.partition(":")[0]) is Family.RSA
    return SignatureAlgorithm(
        crypto_algorithm="RSA" if is_rsa else "ECC",
        hash_function=function,
        padding_scheme="PKCS1.5" if is_rsa else "NONE",
    )
