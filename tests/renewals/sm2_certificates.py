"""An SM2 authority in a few lines, and a token that keeps both pairs in one container."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.names import subject_of
from agent.keys.public_key import PublicKey
from agent.keys.requests import RequestDraft
from agent.keys.schemes import Family
from agent.keys.signing import SignedDataDraft
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.tokens import protocol as token
from agent.tokens.model import KeyCompanions, KeyPairFacts
from sandbox.authority.rules.certificate_draft import Issuer, Validity
from sandbox.authority.rules.profiles import (
    CertificateUse,
    Organisation,
    organisation_draft,
    root_draft,
    root_name,
)
from sandbox.private_keys import PrivateKey, Sm2PrivateKey, new_key

ORGANISATION = Organisation("深圳市样例有限公司", "91440300MA5DA0000F")
ISSUER = Issuer(root_name(Family.SM2), Sm2PrivateKey.new())


def year_from(begin: dt.datetime) -> Validity:
    return Validity(begin, begin + dt.timedelta(days=365))


def root(begin: dt.datetime) -> x509.Certificate:
    return root_draft(ISSUER.name, ISSUER.key.public, year_from(begin)).issued(ISSUER)


def certified(
    key: PublicKey, begin: dt.datetime, use: CertificateUse = CertificateUse.SIGNING
) -> x509.Certificate:
    return organisation_draft(ORGANISATION, use, key, year_from(begin)).issued(ISSUER)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@dataclass
class Container:
    """One container: a signing pair, and beside it an encryption pair once one was imported."""

    signing: PrivateKey
    encryption: PrivateKey | None = None
    certificates: list[bytes] = field(default_factory=list)


class ContainerSession:
    """A session with a token of GM/T 0016, as far as a renewal asks for it; it remembers what was asked."""

    def __init__(self, **containers: Container) -> None:
        self.containers = {name.encode(): container for name, container in containers.items()}
        self.asked: list[type] = []

    async def call(self, request: token.Request) -> object:
        self.asked.append(type(request))
        return getattr(self, str(request.__struct_config__.tag))(request)

    def check_room(self, _request: token.CheckRoom) -> None:
        return None

    def find_key_pair(self, request: token.FindKeyPair) -> KeyPairFacts:
        found = self.containers.get(request.key)
        if found is None:
            return KeyPairFacts(key=request.key, public=False, private=False)
        return KeyPairFacts(
            key=request.key, public=True, private=True, public_key=found.signing.public.der,
            encryption_place=request.key + b"/encryption",
        )  # fmt: skip

    def generate_key_pair(self, request: token.GenerateKeyPair) -> KeyPairFacts:
        assert request.key not in self.containers
        self.containers[request.key] = Container(new_key(request.key_types[0]))
        return self.find_key_pair(token.FindKeyPair(key=request.key))

    def find_companions(self, request: token.FindCompanions) -> KeyCompanions:
        found = self.containers.get(request.key.removesuffix(b"/encryption"))
        if found is None:
            return KeyCompanions()
        keys = (request.key + b"/encryption",) if found.encryption else ()
        return KeyCompanions(certificates=tuple(found.certificates), keys=keys)

    def destroy_key_pair(self, request: token.DestroyKeyPair) -> None:
        self.containers.pop(request.key, None)

    def sign_request(self, request: token.SignRequest) -> bytes:
        key = self.containers[request.key].signing
        draft = RequestDraft(subject=subject_of(request.certificate), key=key.public)
        return draft.signed(key.sign(draft.to_be_signed))

    def sign_message(self, request: token.SignMessage) -> bytes:
        draft = SignedDataDraft(
            content=request.content, certificate=request.certificate,
            content_type=request.content_type,
        )  # fmt: skip
        return draft.message(self.containers[request.key].signing.sign(draft.to_be_signed))

    def sign_data(self, request: token.SignData) -> bytes:
        return self.containers[request.key].signing.sign(request.data)

    def import_key_pair(self, request: token.ImportKeyPair) -> KeyPairFacts:
        assert request.envelope_kind == token.EnvelopeKind.SM2
        assert request.key == request.recipient + b"/encryption"
        container = self.containers[request.recipient]
        assert isinstance(container.signing, Sm2PrivateKey)
        container.encryption = unsealed(request.envelope, container.signing)
        public = container.encryption.public.der
        return KeyPairFacts(key=request.key, public=True, private=True, public_key=public)

    def prove_decryption(self, request: token.ProveDecryption) -> bool:
        encryption = self.containers[request.key.removesuffix(b"/encryption")].encryption
        return encryption is not None and encryption.public.der == request.public_key

    def write_certificate(self, request: token.WriteCertificate) -> None:
        container = self.containers[request.key.removesuffix(b"/encryption")]
        container.certificates.append(request.certificate)

    def destroy_certificate(self, request: token.DestroyCertificate) -> None:
        container = self.containers.get(request.key.removesuffix(b"/encryption"))
        if container is not None and request.certificate in container.certificates:
            container.certificates.remove(request.certificate)


def unsealed(envelope: bytes, recipient: Sm2PrivateKey) -> Sm2PrivateKey:
    """Open an SM2EnvelopedKey as a token does."""
    enveloped = Sm2EnvelopedKey.read(envelope)
    sm4 = algorithms.SM4(recipient.opened(enveloped.sealed_key))
    decryptor = Cipher(sm4, modes.ECB()).decryptor()
    number = decryptor.update(enveloped.encrypted) + decryptor.finalize()
    return Sm2PrivateKey.of(int.from_bytes(number[-32:], "big"))
