"""PKCS#10 requests (RFC 2986): read, and believed only with proof of possession. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent.renewals.authorities.ra_protocol import KeyType, ProblemCode
from sandbox.authority.rules.profiles import PublicKey
from sandbox.problems import RefusalError


def read_request(csr_der: bytes) -> tuple[x509.CertificateSigningRequest, PublicKey]:
    """Return the request in ``csr_der`` and the key whose possession its signature proves.

    Raises:
        RefusalError: MALFORMED, or BAD_SIGNATURE where it is not signed with its key.
    """
    try:
        csr = x509.load_der_x509_csr(csr_der)
        key = csr.public_key()
        proved = csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise RefusalError(ProblemCode.MALFORMED, "not a PKCS#10 request read here") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise RefusalError(ProblemCode.MALFORMED, "neither an RSA nor an EC key")
    if not proved:
        raise RefusalError(ProblemCode.BAD_SIGNATURE, "the request is not signed with its key")
    return csr, key


def check_key_type(key: PublicKey, accepted: Sequence[KeyType]) -> None:
    """Raise MALFORMED unless the policy accepts such a key."""
    if key_type(key) not in accepted:
        raise RefusalError(
            ProblemCode.MALFORMED, f"{key_type(key)}: accepted are {', '.join(accepted)}"
        )


def key_type(key: PublicKey) -> str:
    """Return the key's type as the policy names it: ``rsa:2048``, ``ec:secp256r1``."""
    return f"rsa:{key.key_size}" if isinstance(key, rsa.RSAPublicKey) else f"ec:{key.curve.name}"
