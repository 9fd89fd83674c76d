"""How an encryption key is made for a recipient, and in what it is sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from cryptography.hazmat.primitives.asymmetric import rsa

from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.renewals.authorities.ra_protocol import SM2_ENVELOPED_KEY_TYPE, Policy
from sandbox.authority.rules.key_package import Recipient, Signer, bare_key, enveloped_key
from sandbox.authority.rules.key_request import KeyRequest
from sandbox.authority.rules.recipients import goes_into_container
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
class ContainerParcel:
    """An SM2 key as SM2EnvelopedKey, to the new signing key."""

    recipient: PublicKey
    key_kind: ClassVar[str] = "sm2"

    def envelope(self, key: PrivateKey, _signer: Signer) -> bytes:
        """Return it; the structure has no place for a signature of the key centre."""
        assert isinstance(key, Sm2PrivateKey)
        return Sm2EnvelopedKey.made(key.private, key.public, self.recipient).der


def parcel_for(
    recipient: PublicKey, request: KeyRequest, policy: Policy, *, bare_keys: bool
) -> Parcel:
    """Return how a key is sent to ``recipient`` as the request can take it; RefusalError."""
    if goes_into_container(recipient):
        request.check_takes_sm2()
        return ContainerParcel(recipient)
    transport = request.transport(policy.key_transport)
    named = Recipient(recipient, request.decrypt_key_identifier, transport)
    return CmsParcel(named, bare_keys and request.takes_bare_keys, policy.encryption_key_type)


def media_type_of(certified: PublicKey) -> str:
    """Return the media type in which a key was sent, by its public half."""
    return SM2_ENVELOPED_KEY_TYPE if certified.family is Family.SM2 else CMS_KEY_TYPE
