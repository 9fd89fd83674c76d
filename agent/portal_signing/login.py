"""Logging in with a token: Web eID's authentication token, version 1.0, and its like for SM2. Pure.

Signed is H(origin) ‖ H(nonce), both as the UTF-8 texts they are: the nonce is base64 text and is not
decoded. The origin is the browser's word, never the page's, so that nobody can have a log-in signed that
counts elsewhere. These bytes are 64 or 96 long; whatever else is signed for a page begins with 0x31, the
signed attributes of a CMS message.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from agent import __version__
from agent.certificates.model import Certificate
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.schemes import USUAL, Family, Scheme
from agent.keys.sm2 import sm3
from agent.portal_signing.candidates import not_for_login
from agent.portal_signing.errors import CertificateUnsuitableError, NotSignedError
from agent.signing.holder import out_of_date

Nonce = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{42,128}={0,2}\Z", min_length=44, max_length=128)
]
"""A challenge: 44 to 128 characters of base64, at least 256 bits of the server's own choice."""

WEB_EID = "web-eid:1.0"
SM2_FORMAT = "odc-sm2:1.0"
"""The same shape with SM2: no validator of Web eID's knows it, and none takes it for its own."""


class LoginToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a server checks; the names are Web eID's."""

    unverified_certificate: str
    """DER in base64, without line breaks."""
    algorithm: str
    signature: str
    """Base64; of curves r ‖ s, each as long as the curve's order."""
    format: str
    app_version: str


class _Algorithm(msgspec.Struct, frozen=True):
    name: str
    format: str
    digest: Literal["sha256", "sha384", "sm3"]
    hash: Callable[[bytes], bytes]
    scheme: Scheme
    coordinate: int = 0
    """Bytes of r, and of s; 0 for RSA."""


def _sha(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data).digest()


_P384 = Scheme(Family.EC, hashes.SHA384())
_ALGORITHMS = {
    "ec:secp256r1": _Algorithm("ES256", WEB_EID, "sha256", _sha("sha256"), USUAL[Family.EC], 32),
    "ec:secp384r1": _Algorithm("ES384", WEB_EID, "sha384", _sha("sha384"), _P384, 48),
    # RFC 8998, 3.2.1, names it so.
    "sm2": _Algorithm("sm2sig_sm3", SM2_FORMAT, "sm3", sm3, USUAL[Family.SM2], 32),
}
_RSA = _Algorithm("RS256", WEB_EID, "sha256", _sha("sha256"), USUAL[Family.RSA])


class Login(msgspec.Struct, frozen=True):
    """One log-in at one site, to be signed with one certificate."""

    origin: str
    nonce: str
    certificate: Certificate

    @property
    def digest(self) -> Literal["sha256", "sha384", "sm3"]:
        """What the token digests with; SM3 is what SM2 keys sign with anyway."""
        return self._algorithm.digest

    @property
    def to_be_signed(self) -> bytes:
        """H(origin) ‖ H(nonce)."""
        hashed = self._algorithm.hash
        return hashed(self.origin.encode()) + hashed(self.nonce.encode())

    def token(self, signature: bytes) -> LoginToken:
        """Return the token, once the signature proved to be the certificate's key's.

        Args:
            signature: as tokens give it: of curves DER of SEQUENCE { r, s }.

        Raises:
            NotSignedError: it is another key's.
        """
        algorithm = self._algorithm
        key = PublicKey.read(self.certificate.public_key)
        if not key.verify(self.to_be_signed, signature, algorithm.scheme):
            raise NotSignedError
        return LoginToken(
            unverified_certificate=_base64(self.certificate.der),
            algorithm=algorithm.name,
            signature=_base64(raw_signature(signature, algorithm.coordinate)),
            format=algorithm.format,
            app_version=f"https://odc.example/odc-agent/{__version__}",
        )

    @property
    def _algorithm(self) -> _Algorithm:
        found = _algorithm_of(self.certificate)
        assert found is not None  # why_not_to_log_in was asked
        return found


def why_not_to_log_in(certificate: Certificate, now: dt.datetime) -> OdcError | None:
    """Return what keeps a certificate from logging in anywhere now; None for nothing."""
    if (refusal := out_of_date(certificate, now) or not_for_login(certificate)) is not None:
        return refusal
    if _algorithm_of(certificate) is None:
        return CertificateUnsuitableError(reason=mark("no server knows keys of its kind."))
    return None


def _algorithm_of(certificate: Certificate) -> _Algorithm | None:
    try:
        key = PublicKey.read(certificate.public_key)
    except UnreadableKeyError:
        return None
    return _RSA if key.family is Family.RSA else _ALGORITHMS.get(key.kind)


def raw_signature(signature: bytes, coordinate: int) -> bytes:
    """Return a curve's signature as r ‖ s, each of so many bytes; RSA's, of 0, as it is."""
    if not coordinate:
        return signature
    r, s = decode_dss_signature(signature)
    return r.to_bytes(coordinate, "big") + s.to_bytes(coordinate, "big")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
