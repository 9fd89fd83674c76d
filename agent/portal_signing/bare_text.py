"""A bare signature over a text, as older portals want one (SOF_SignData). Pure.

A bare signature says nothing of what it is for, so what is signed must not be anything else. A log-in signs
64 or 96 bytes (:mod:`agent.portal_signing.login`), a message its attributes, a request itself: one whole DER
element each. Chinese texts in UTF-16LE or GBK can be any of these by accident or by design, and are refused.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.der import DerError, Tag, read_element
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.portal_signing.errors import NotSignedError
from agent.portal_signing.model import ShownItem, TokenUse
from agent.portal_signing.signing import why_not_to_sign
from agent.signing.own_messages import is_own_message
from agent.sites.model import Action
from agent.tokens.protocol import SignData
from agent.tokens.snapshot import HeldCertificate
from agent.tokens.supervisor import PinSession

TextEncoding = Literal["utf-8", "utf-16le", "gbk"]
MOST_BYTES = 4096
_OF_LOG_INS = frozenset({64, 96})
_LINE_ENDS = frozenset("\r\n\t")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of Unicode of which a person sees nothing, or nobody knows what."""

SignedText = tuple[bytes, bytes]
"""The signature (RSA PKCS#1 v1.5, of curves DER) and the signer's certificate (DER)."""


class TextRefusedError(OdcError):
    """A text is none that a person can read, or could be something else."""

    code = "text_refused"
    sentence = mark("This text is not signed bare: {reason}")
    advice = mark("The portal's operator has to change the text, or have it signed as a message.")


def bytes_of(text: str, encoding: TextEncoding) -> bytes:
    """Return what is signed of a text.

    Raises:
        TextRefusedError: it cannot be read, is too long, or could be taken for something else.
    """
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError as error:
        raise TextRefusedError(reason=mark("it is not in the encoding named.")) from error
    if not content or len(content) > MOST_BYTES:
        raise TextRefusedError(reason=mark("it is empty or too long."))
    if any(unicodedata.category(c) in _UNSEEN and c not in _LINE_ENDS for c in text):
        raise TextRefusedError(reason=mark("it has characters that cannot be seen."))
    if len(content) in _OF_LOG_INS or _is_one_element(content) or is_own_message(content):
        raise TextRefusedError(reason=mark("it could be taken for something else."))
    return content


def bare_signing_of(
    text: str, encoding: TextEncoding, *, origin: str, thumbprint: str | None
) -> TokenUse[SignedText]:
    """Return the use of a token that signs a text; TextRefusedError."""
    content = bytes_of(text, encoding)

    async def work(held: HeldCertificate, session: PinSession) -> SignedText:
        certificate = held.certificate
        key = PublicKey.read(certificate.public_key)
        digest: Literal["sha256", "sm3"] = "sm3" if key.family is Family.SM2 else "sha256"
        signature = await session.call(SignData(key=held.key, data=content, digest=digest))
        if not key.verify(content, signature):
            raise NotSignedError
        return signature, certificate.der

    return TokenUse(
        origin=origin,
        action=Action.SIGN,
        refuses=why_not_to_sign,
        work=work,
        shown=(ShownItem(kind="text", text=text),),
        thumbprint=thumbprint,
    )


def _is_one_element(content: bytes) -> bool:
    """Return whether the bytes are one DER SEQUENCE or SET, as all that is signed otherwise."""
    try:
        found = read_element(content)
    except DerError:
        return False
    return found.tag in (Tag.SEQUENCE, 0x31) and found.encoded == content
