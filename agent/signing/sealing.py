"""Encrypting a document to the holders of certificates, as a page names them."""

from __future__ import annotations

from collections.abc import Sequence

from agent.certificates.extensions import KEY_USAGE, UsageBit, read_key_usage
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.der import DerError
from agent.keys.enveloped_data import enveloped
from agent.keys.public_key import NotSealableError, UnreadableKeyError


class RecipientUnfitError(OdcError):
    """Nothing can be encrypted to one of the certificates."""

    code = "recipient_unfit"
    sentence = mark("Nothing can be encrypted to one of these certificates.")
    advice = mark("Encryption certificates with an RSA or an SM2 key can be encrypted to.")


def seal(content: bytes, certificates: Sequence[bytes]) -> bytes:
    """Return CMS EnvelopedData with ``content`` for the holders of certificates; RecipientUnfitError.

    Nobody vouches for the certificates here: which to take is for the page's server to say.
    """
    for certificate in certificates:
        _check(certificate)
    try:
        return enveloped(content, certificates)
    except (NotSealableError, UnreadableKeyError, ValueError) as error:
        raise RecipientUnfitError from error


def _check(certificate: bytes) -> None:
    """Refuse a certificate whose key usage leaves out key encipherment (RFC 5280, 4.2.1.3)."""
    try:
        extensions = dict(parse_certificate(certificate).extensions)
        usage = read_key_usage(extensions[KEY_USAGE]) if KEY_USAGE in extensions else None
    except (CertificateDamagedError, DerError) as error:
        raise RecipientUnfitError from error
    if usage is not None and UsageBit.KEY_ENCIPHERMENT not in usage:
        raise RecipientUnfitError
