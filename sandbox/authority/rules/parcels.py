"""How an encryption key is made for a recipient, and in what it is sent. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.keys.public_key import PublicKey
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import EnvelopedKeyError, Sm2EnvelopedKey
from agent.renewals.authorities.ra_protocol import (
    RSA_ENVELOPED_KEY_TYPE,
    SM2_ENVELOPED_KEY_TYPE,
    Policy,
)
from sandbox.authority.rules.key_package import Recipient, Signer, bare_key, enveloped_key
from sandbox.authority.rules.key_request import RSA_ENCRYPTION, SM2_ENCRYPTION, KeyRequest
from sandbox.authority.rules.recipients import may_sign
from sandbox.private_keys import Native, PrivateKey, Sm2PrivateKey

CMS_KEY_TYPE = "application/pkcs7-mime; smime-type=server-generated-key"


class Parcel(Protocol):
    """A key on its way to one recipient."""

    @property
    def key_kind(self) -> str:
        """What key is made, as policies name it."""

    def envelope(self, key: PrivateKey, signer: Signer) -> bytes:
        """Return ``key``, which is of that kind, in its envelope (DER)."""


@dataclass(frozen=True)
class CmsParcel:
    """An RSA key in CMS EnvelopedData, to an RSA key."""

    recipient: Recipient
    is_bare: bool
    key_kind: str

    def envelope(self, key: PrivateKey, signer: Signer) -> bytes:
        """Return it signed by the key centre, or bare."""
        assert isinstance(key, Native)
        assert isinstance(key.key, rsa.RSAPrivateKey)
        if self.is_bare:
            return bare_key(key.key, self.recipient)
        return enveloped_key(key.key, signer, self.recipient)


@dataclass(frozen=True)
class Sm2Parcel:
    """An SM2 key as SM2EnvelopedKey, to the new signing key."""

    recipient: PublicKey
    key_kind: ClassVar[str] = "sm2"

    def envelope(self, key: PrivateKey, _signer: Signer) -> bytes:
        """Return it; the structure has no place for a signature of the key centre."""
        assert isinstance(key, Sm2PrivateKey)
        return Sm2EnvelopedKey.made(key.private, key.public, self.recipient).der


@dataclass(frozen=True)
class RsaParcel:
    """An RSA key to the new signing key, as tokens import it."""

    recipient: PublicKey
    key_kind: ClassVar[str] = "rsa:2048"
    """What RSAPUBLICKEYBLOB has room for (GM/T 0016, 6.4.2)."""

    def envelope(self, key: PrivateKey, _signer: Signer) -> bytes:
        """Return it; the same goes for this one."""
        assert isinstance(key, Native)
        pkcs1 = key.key.private_bytes(
            Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        return RsaEnvelopedKey.made(pkcs1, key.public, self.recipient).der


def parcel_for(
    recipient: PublicKey, request: KeyRequest, policy: Policy, *, bare_keys: bool
) -> Parcel:
    """Return how a key is sent to ``recipient`` as the request can take it; RefusalError."""
    if recipient.family is Family.SM2:
        request.check_takes(SM2_ENCRYPTION)
        return Sm2Parcel(recipient)
    if request.is_for_container and may_sign(recipient, policy):
        request.check_takes(RSA_ENCRYPTION)
        return RsaParcel(recipient)
    transport = request.transport(policy.key_transport)
    named = Recipient(recipient, request.decrypt_key_identifier, transport)
    return CmsParcel(named, bare_keys and request.takes_bare_keys, policy.encryption_key_type)


def needs_signing_key(parcel: Parcel) -> bool:
    """Return whether the recipient has to be the new signing key, and may not be in any other way."""
    return not isinstance(parcel, CmsParcel)


def media_type_of(envelope: bytes) -> str:
    """Return the media type an envelope was sent in, by what it is."""
    for media_type, read in _READERS.items():
        with contextlib.suppress(EnvelopedKeyError):
            read(envelope)
            return media_type
    return CMS_KEY_TYPE


_READERS: dict[str, Callable[[bytes], object]] = {
    SM2_ENVELOPED_KEY_TYPE: Sm2EnvelopedKey.read,
    RSA_ENVELOPED_KEY_TYPE: RsaEnvelopedKey.read,
}
