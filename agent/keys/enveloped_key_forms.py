"""The outer forms in which authorities send an SM2 encryption key; all come down to one structure. Pure.

Read are SM2EnvelopedKey as it is (GM/T 0009, 7.4), in a CSRResponse (GM/T 0092, 8), the same parts as
SignedAndEnvelopedData (GM/T 0010), and as a token's own ENVELOPEDKEYBLOB (GM/T 0016, 6.4.10), in base64 or
not. Any other form is told by its name.

A signature over the private key itself, as SignedAndEnvelopedData has it, cannot be checked: the key is
never in clear here. That the key is the certificate's stands for it, by its public half before the import
and by a proof after it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import NoReturn

from agent.keys.der import DerError, Element, Tag, dotted, elements, read_element
from agent.keys.key_blob import is_key_blob, read_key_blob
from agent.keys.public_key import PublicKey
from agent.keys.sm2_cipher import Sm2Cipher
from agent.keys.sm2_enveloped_key import EnvelopedKeyError, Sm2EnvelopedKey, check_sm4_ecb

SIGNED_AND_ENVELOPED = ("1.2.840.113549.1.7.4", "1.2.156.10197.6.1.4.2.4")
_ENVELOPED = ("1.2.840.113549.1.7.3", "1.2.156.10197.6.1.4.2.3")
_EXPLICIT, _IMPLICIT_OCTETS = 0xA0, 0x80
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")
_SM2_NUMBERS = (0x20100, 0x20200, 0x20800)
"""How GM/T 0006 numbers SM2: for all, for signatures, for encryption."""
_FEW = 8
"""Parts of any of these structures."""


class UnknownFormError(EnvelopedKeyError):
    """It is an encryption key, or something else, in a form that is not read here."""

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self.form = form
        """Its name in its standard, the same in every language."""


def read_enveloped_key(content: bytes, certified: PublicKey) -> Sm2EnvelopedKey:
    """Return the key in ``content``.

    Args:
        content: one of the forms, or base64 of one.
        certified: of the certificate it came with. One form does not say which key it holds, and is
            taken to hold this one; the others say it themselves, and may say another.

    Raises:
        UnknownFormError: it is a form that is known, and not read here.
        EnvelopedKeyError: it is read here, and is not as it must be.
    """
    content = _decoded(content)
    if is_key_blob(content):
        return read_key_blob(content)
    if content[:1] != bytes((Tag.SEQUENCE,)):
        _name_binary(content)
    try:
        parts = _few(elements(read_element(content).content))
        kind = _first_tags(parts)
        if kind[0] == Tag.SET:
            return _in_response(parts)
        if kind[:1] == (Tag.OID,):
            return _in_message(parts, certified)
    except DerError as error:
        raise EnvelopedKeyError(str(error)) from error
    if kind in _NAMED_BY_TAGS:
        raise UnknownFormError(_NAMED_BY_TAGS[kind])
    return Sm2EnvelopedKey.read(content)


_NAMED_BY_TAGS: dict[tuple[int, ...], str] = {
    (Tag.INTEGER, Tag.SEQUENCE, Tag.OCTET_STRING): "PrivateKeyInfo (PKCS#8)",
    (Tag.INTEGER, Tag.SEQUENCE, Tag.SEQUENCE): "PKCS#12",
    (Tag.SEQUENCE, Tag.OCTET_STRING): "EncryptedPrivateKeyInfo (PKCS#8)",
}


def _decoded(content: bytes) -> bytes:
    if not _BASE64.fullmatch(content):
        return content
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error:
        return content


def _name_binary(content: bytes) -> NoReturn:
    if int.from_bytes(content[:4], "little") in _SM2_NUMBERS:
        raise UnknownFormError("EnvelopedECCKey (GM/T 0018)")
    raise EnvelopedKeyError("of no form known here")


def _few(parts: Iterable[Element]) -> list[Element]:
    listed = list(parts)
    if not 0 < len(listed) <= _FEW:
        raise DerError("no parts, or too many")
    return listed


def _first_tags(parts: list[Element]) -> tuple[int, ...]:
    return tuple(part.tag for part in parts[:3])


def _in_response(parts: list[Element]) -> Sm2EnvelopedKey:
    """CSRResponse ::= SEQUENCE { certificates, [0] SM2EnvelopedKey OPTIONAL, [1] certificates OPTIONAL }.

    Some write [0] around the SEQUENCE, some in its place.
    """
    for part in parts[1:]:
        if part.tag == _EXPLICIT:
            inner = read_element(part.content)
            if inner.encoded == part.content:
                return Sm2EnvelopedKey.read(part.content)
            return Sm2EnvelopedKey.read_parts(part.content)
    raise EnvelopedKeyError("the response (GM/T 0092) holds no encryption key")


def _in_message(parts: list[Element], certified: PublicKey) -> Sm2EnvelopedKey:
    oid = dotted(parts[0].content)
    if oid in _ENVELOPED:
        raise UnknownFormError("CMS EnvelopedData")
    if oid not in SIGNED_AND_ENVELOPED or len(parts) != 2:
        raise UnknownFormError(f"CMS {oid}")
    wrapper = parts[1]
    if wrapper.tag != _EXPLICIT:
        raise EnvelopedKeyError("the message has no content")
    return _signed_and_enveloped(read_element(wrapper.content), certified)


def _signed_and_enveloped(message: Element, certified: PublicKey) -> Sm2EnvelopedKey:
    """SEQUENCE { version, recipientInfos, digestAlgorithms, encryptedContentInfo, … } (GM/T 0010, 10)."""
    parts = _few(elements(message.need(Tag.SEQUENCE)))
    if len(parts) < 4:
        raise EnvelopedKeyError("the message is not whole")
    recipients = list(elements(parts[1].need(Tag.SET)))
    if len(recipients) != 1:
        raise EnvelopedKeyError("the message must be for one recipient")
    *_, sealed = _few(elements(recipients[0].need(Tag.SEQUENCE)))
    info = _few(elements(parts[3].need(Tag.SEQUENCE)))
    if len(info) < 3:
        raise EnvelopedKeyError("the message has no encrypted content")
    check_sm4_ecb(info[1])
    try:
        cipher = Sm2Cipher.read(sealed.need(Tag.OCTET_STRING))
    except ValueError as error:
        raise EnvelopedKeyError(str(error)) from error
    return Sm2EnvelopedKey.checked(certified, cipher, _octets(info[2]))


def _octets(element: Element) -> bytes:
    if element.tag == _IMPLICIT_OCTETS:
        return element.content
    if element.tag != _EXPLICIT:
        raise EnvelopedKeyError("the message has no encrypted content")
    return b"".join(part.need(Tag.OCTET_STRING) for part in elements(element.content))
