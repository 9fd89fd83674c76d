"""What a portal's server checks of log-ins and signatures: all but revocation.

`agent.keys` serves for its one interface to RSA, EC and SM2 keys and to CMS; any other library will do.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from asn1crypto.algos import DSASignature
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA384

from agent.keys.cades import names_its_signer, origin_in
from agent.keys.certified import is_issued_by, key_of
from agent.keys.schemes import USUAL, Family, Scheme
from agent.keys.signed_data import digest_by, digest_of, read_detached

KINDS = {
    ("web-eid:1.0", "RS256"): ("rsa:", USUAL[Family.RSA]),
    ("web-eid:1.0", "ES256"): ("ec:secp256r1", USUAL[Family.EC]),
    ("web-eid:1.0", "ES384"): ("ec:secp384r1", Scheme(Family.EC, SHA384())),
    ("odc-sm2:1.0", "sm2sig_sm3"): ("sm2", USUAL[Family.SM2]),
}
"""By format and algorithm: what kind of key it is, and how it signs."""


class RefusedError(ValueError):
    """A log-in or a signature that does not count; the text says why."""


@dataclass(frozen=True)
class Portal:
    """A portal: its origin, as ``https://portal.example.cn``, and whose certificates it takes."""

    origin: str
    issuers: tuple[x509.Certificate, ...]

    def logged_in(self, token: Mapping[str, str], nonce: str, now: dt.datetime) -> x509.Certificate:
        """Return the certificate of who answered our challenge, which is used up by now; RefusedError."""
        try:
            certificate = x509.load_der_x509_certificate(b64decode(token["unverifiedCertificate"]))
            kind, scheme = KINDS[token["format"], token["algorithm"]]
            key, signature = key_of(certificate), b64decode(token["signature"])
        except (KeyError, TypeError, ValueError) as error:
            raise RefusedError("this is no token we know") from error
        self._check(certificate, now, "digital_signature")
        signed = digest_of(scheme, self.origin.encode()) + digest_of(scheme, nonce.encode())
        if scheme.family is not Family.RSA:  # r and s side by side
            signature = DSASignature.from_p1363(signature).dump()
        if not key.kind.startswith(kind) or not key.verify(signed, signature, scheme):
            raise RefusedError("the signature is not right")
        return certificate

    def signed(self, signature: bytes, content: bytes, now: dt.datetime) -> x509.Certificate:
        """Return the certificate of who signed ``content`` for us, detached (CAdES); RefusedError."""
        try:
            signer = read_detached(signature, lambda algorithm: digest_by(algorithm, content))
            is_named = names_its_signer(signer.attributes, signer.certificate)
        except ValueError as error:
            raise RefusedError(str(error)) from error
        if not is_named or origin_in(signer.attributes) != self.origin:
            raise RefusedError("it was not made for this site")
        certificate = x509.load_der_x509_certificate(signer.certificate)
        self._check(certificate, now, "content_commitment")
        return certificate

    def _check(self, certificate: x509.Certificate, now: dt.datetime, usage: str) -> None:
        if not any(is_issued_by(certificate, issuer) for issuer in self.issuers):
            raise RefusedError("the certificate is of an authority we do not know")
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise RefusedError("the certificate has expired, or is not valid yet")
        usages = (each.value for each in certificate.extensions)
        if not any(isinstance(each, x509.KeyUsage) and getattr(each, usage) for each in usages):
            raise RefusedError("the certificate is not for that")
