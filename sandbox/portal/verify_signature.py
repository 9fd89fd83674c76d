"""What a portal's server checks of a signature it got from a page: all of it is here.

`agent.keys` serves for its one interface to RSA, EC and SM2 keys and to CMS. Without it any CMS library will,
`openssl cms -verify -cades` too; what has to be looked at besides is the signed attribute with the origin.
Whether a certificate was revoked is not looked at: a portal asks its authority for that (CRL, OCSP).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.keys.cades import SignerNotNamedError, names_its_signer, origin_in
from agent.keys.certified import is_issued_by
from agent.keys.signed_data import MessageError, read_detached


class SignatureRefusedError(ValueError):
    """The signature does not count; the text says why."""


def verify_signature(
    signature: bytes,
    content: bytes,
    *,
    origin: str,
    issuers: Iterable[x509.Certificate],
    now: dt.datetime,
) -> x509.Certificate:
    """Return the certificate of who signed ``content``, detached.

    Args:
        signature: what ``sign()`` gave the page, decoded.
        content: what the portal believes was signed; it keeps both.
        origin: of our own pages: a signature made for another portal is none for us.
        issuers: whose certificates may sign.
        now: when it was handed in; what the signer's clock said proves nothing.

    Raises:
        SignatureRefusedError
    """

    def digest(algorithm: hashes.HashAlgorithm) -> bytes:
        hashing = hashes.Hash(algorithm)
        hashing.update(content)
        return hashing.finalize()

    try:
        signer = read_detached(signature, digest)
        is_named = names_its_signer(signer.attributes, signer.certificate)
    except (MessageError, SignerNotNamedError) as error:
        raise SignatureRefusedError(str(error)) from error
    if not is_named or origin_in(signer.attributes) != origin:
        raise SignatureRefusedError("it was not made for this site")
    certificate = x509.load_der_x509_certificate(signer.certificate)
    if not any(is_issued_by(certificate, issuer) for issuer in issuers):
        raise SignatureRefusedError("the certificate is of an authority we do not know")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SignatureRefusedError("the certificate has expired, or is not valid yet")
    if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment:
        raise SignatureRefusedError("the certificate is not for signing")
    return certificate
