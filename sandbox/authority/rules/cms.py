"""CMS SignedData (RFC 5652) with exactly one signer: verified, never merely parsed.

Pure: bytes in, the signed content and its signer's certificate out. Whether that certificate may
sign anything here is for :mod:`sandbox.authority.rules.manifest_check` to say; its dates are not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from agent.keys.signed_data import BadSignatureError, MalformedMessageError, read_signed_data
from agent.renewals.authorities.ra_protocol import ProblemCode
from sandbox.problems import RefusalError


@dataclass(frozen=True)
class SignedContent:
    """What a verified SignedData holds."""

    content: bytes
    content_type: str
    """eContentType, dotted; the signature covers it."""
    certificate_der: bytes

    @property
    def certificate_sha256(self) -> str:
        """The signer certificate's SHA-256, lower-case hexadecimal."""
        return hashlib.sha256(self.certificate_der).hexdigest()


def verify_signed_data(der: bytes, content_types: Collection[str]) -> SignedContent:
    """Return the content of ``der``, of one of ``content_types``, after its one signature was verified.

    Raises:
        RefusalError: MALFORMED when it is not such a SignedData, BAD_SIGNATURE when it is one and
            does not verify.
    """
    try:
        message = read_signed_data(der, content_types=content_types)
    except MalformedMessageError as error:
        detail = f"the CMS is not acceptable: {error}"
        raise RefusalError(ProblemCode.MALFORMED, detail) from error
    except BadSignatureError as error:
        raise RefusalError(ProblemCode.BAD_SIGNATURE, str(error)) from error
    return SignedContent(message.content, message.content_type, message.certificate)
