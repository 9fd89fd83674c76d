"""Writing an organisation's pair to an SKF token, by the calls a program of an authority makes."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.keys import sm2
from agent.keys.public_key import PublicKey
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from sandbox.desk.writing import KeyOnCard
from sandbox.home import SandboxError
from sandbox.private_keys import Native, PrivateKey, Sm2PrivateKey
from sandbox.skf_token import blocks
from sandbox.skf_token.client import Client, client_of
from sandbox.skf_token.codes import SM2_1, SM4_ECB, PinType, Sar, SkfError
from sandbox.skf_token.drawer import DEFAULT_APPLICATION, Drawer
from sandbox.skf_token.wire import Fields, Value
from sandbox.skf_token.wording import text

_RSA_BITS, _SM2_BITS = 2048, 256
_VERSION = 1
_FIELD_BYTES = 64
_SIGNING, _ENCRYPTION = b"signing", b"encryption"
_SENTENCES = {
    Sar.PIN_LOCKED: "locked",
    Sar.PIN_LENGTH: "bad_pin",
    Sar.PIN_INVALID: "bad_pin",
    Sar.MOST_CONTAINERS: "full",
    Sar.NO_ROOM: "full",
}


@dataclass
class SkfCard:
    """A new container in an application whose user is logged in: a WritableCard (``desk/writing.py``)."""

    client: Client
    container: int
    is_sm2: bool
    recipient: PublicKey | None = None
    """The key that signs, to which the other is sealed."""

    @property
    def encryption_kind(self) -> str:
        """Of which kind the imported key has to be: a container has one kind alone."""
        return "sm2" if self.is_sm2 else f"rsa:{_RSA_BITS}"

    def generate_key(self, _label: str) -> KeyOnCard:
        """Generate the pair that signs."""
        if self.is_sm2:
            fields = self.client.call("SKF_GenECCKeyPair", self.container, SM2_1)
            self.recipient = PublicKey.from_point(_point(fields))
        else:
            fields = self.client.call("SKF_GenRSAKeyPair", self.container, _RSA_BITS)
            self.recipient = PublicKey.from_cryptography(_rsa_key(fields))
        return KeyOnCard(_SIGNING, self.recipient)

    def import_key(self, key: PrivateKey, _label: str) -> bytes:
        """Import the pair that decrypts, sealed to the one that signs."""
        assert self.recipient is not None, "the pair that signs comes first"
        if isinstance(key, Sm2PrivateKey):
            self._import_sm2(key, self.recipient)
        else:
            assert isinstance(key, Native)
            self._import_rsa(key, self.recipient)
        return _ENCRYPTION

    def write_certificate(self, certificate: x509.Certificate, key_id: bytes, _label: str) -> None:
        """Write the certificate of one of the two."""
        der = certificate.public_bytes(Encoding.DER)
        is_signing = int(key_id == _SIGNING)
        self.client.call("SKF_ImportCertificate", self.container, is_signing, der)

    def _import_sm2(self, key: Sm2PrivateKey, recipient: PublicKey) -> None:
        made = Sm2EnvelopedKey.made(key.private, key.public, recipient)
        pair = map(_field, sm2.coordinates(key.point))
        sealed = map(_field, sm2.coordinates(made.sealed_key.point))
        encrypted = made.encrypted.rjust(_FIELD_BYTES, b"\0")
        arguments: list[Value] = [self.container, _VERSION, SM4_ECB, _SM2_BITS, encrypted]
        arguments += [_SM2_BITS, *pair]
        arguments += [*sealed, made.sealed_key.digest, made.sealed_key.text]
        self.client.call("SKF_ImportECCKeyPair", *arguments)

    def _import_rsa(self, key: Native, recipient: PublicKey) -> None:
        session_key = secrets.token_bytes(blocks.KEY_BYTES)
        der = key.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        padded = der + bytes(-len(der) % blocks.BLOCK_BYTES)
        self.client.call(
            "SKF_ImportRSAKeyPair",
            self.container,
            SM4_ECB,
            recipient.seal(session_key),
            blocks.encrypted(session_key, padded),
        )


@contextlib.contextmanager
def skf_card(
    drawer: Drawer, name: str, pin: str, *, is_sm2: bool, application: str = DEFAULT_APPLICATION
) -> Iterator[SkfCard]:
    """Give a new container on the token ``name``, which is plugged in and formatted where needed.

    Raises:
        SandboxError: the PIN is wrong, or the token refuses something; nothing is left on it then.
    """
    drawer.plug(name)
    drawer.format(name, application, pin, is_factory_pin=False)
    try:
        with client_of(drawer.address) as client:
            device = client.handle("SKF_ConnectDev", name.encode())
            opened = client.handle("SKF_OpenApplication", device, application.encode())
            client.call("SKF_VerifyPIN", opened, PinType.USER, pin.encode())
            try:
                with _container(client, opened) as container:
                    yield SkfCard(client, container, is_sm2)
            finally:
                client.call("SKF_ClearSecureState", opened)
    except SkfError as error:
        raise SandboxError(_sentence(error, name)) from error


@contextlib.contextmanager
def _container(client: Client, application: int) -> Iterator[int]:
    """Give a new container, which is deleted where the block fails."""
    name = f"ODC-{secrets.token_hex(8)}".encode()
    container = client.handle("SKF_CreateContainer", application, name)
    try:
        yield container
    except BaseException:
        with contextlib.suppress(SkfError):
            client.call("SKF_DeleteContainer", application, name)
        raise


def _sentence(error: SkfError, name: str) -> str:
    if error.code == Sar.PIN_INCORRECT:
        return text("wrong_pin", name=name, left=error.given[0])
    key = {int(code): key for code, key in _SENTENCES.items()}.get(error.code, "failed")
    return text(key, name=name, code=f"{error.code:#010x}")


def _point(fields: Fields) -> bytes:
    fields.number()  # BitLen
    return sm2.point_of(*(int.from_bytes(fields.bytes(), "big") for _ in range(2)))


def _rsa_key(fields: Fields) -> rsa.RSAPublicKey:
    fields.number(), fields.number()  # AlgID, BitLen
    modulus, exponent = (int.from_bytes(fields.bytes(), "big") for _ in range(2))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _field(number: int) -> bytes:
    return number.to_bytes(_FIELD_BYTES, "big")
