"""Making a software token (SoftHSM) that looks like an organisation's USB Key.

The PKCS#11 calls for software tokens are here, made from one thread of a short-lived command.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pkcs11
from asn1crypto.keys import PublicKeyInfo, RSAPublicKey
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pkcs11 import Attribute, KeyType, MechanismFlag, TokenFlag
from pkcs11.util.rsa import (
    decode_rsa_private_key,
    decode_rsa_public_key,
    encode_rsa_public_key,
)
from pkcs11.util.x509 import decode_x509_certificate

from agent.keys.public_key import PublicKey
from sandbox.desk.desk import SOFTHSM
from sandbox.desk.writing import KeyOnCard
from sandbox.home import SandboxError, write_file
from sandbox.private_keys import Native, PrivateKey

DEFAULT_MODULE = Path(SOFTHSM)
KEY_BITS = 2048
_LABEL_BYTES = 32  # CK_TOKEN_INFO.label, blank-padded
_PRIVATE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}


class Card:
    """A token with its user logged in: a :class:`sandbox.desk.writing.WritableCard`."""

    encryption_kind = f"rsa:{KEY_BITS}"

    def __init__(self, session: pkcs11.Session) -> None:
        self._session = session

    def generate_key(self, label: str) -> KeyOnCard:
        """Generate an RSA signing pair that can never leave the card."""
        key_id = secrets.token_bytes(8)
        public, _ = self._session.generate_keypair(
            KeyType.RSA,
            KEY_BITS,
            id=key_id,
            label=label,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )
        pkcs1 = RSAPublicKey.load(encode_rsa_public_key(public))
        return KeyOnCard(key_id, PublicKey.read(PublicKeyInfo.wrap(pkcs1, "rsa").dump()))

    def import_key(self, key: PrivateKey, label: str) -> bytes:
        """Import a decryption pair of RSA and return its CKA_ID."""
        assert isinstance(key, Native)
        native = key.key
        key_id = secrets.token_bytes(8)
        named = {Attribute.ID: key_id, Attribute.LABEL: label}
        private = native.private_bytes(
            Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        public = PublicKeyInfo.load(key.public.der)["public_key"].parsed.dump()
        unwrapping = MechanismFlag.DECRYPT | MechanismFlag.UNWRAP
        wrapping = MechanismFlag.ENCRYPT | MechanismFlag.WRAP
        self._create(decode_rsa_private_key(private, unwrapping) | _PRIVATE | named)
        self._create(decode_rsa_public_key(public, wrapping) | {Attribute.TOKEN: True} | named)
        return key_id

    def write_certificate(self, certificate: x509.Certificate, key_id: bytes, label: str) -> None:
        """Write ``certificate`` beside the key named ``key_id``, readable without a PIN."""
        template = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
        self._create(
            template
            | {
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.ID: key_id,
                Attribute.LABEL: label,
            }
        )

    def _create(self, template: dict[Attribute, Any]) -> None:
        self._session.create_object(template)


def configuration_path(folder: Path) -> Path:
    """Return where the SOFTHSM2_CONF of the token in ``folder`` lies."""
    return folder / "softhsm2.conf"


@contextlib.contextmanager
def new_card(folder: Path, module: Path, label: str, pin: str) -> Iterator[Card]:
    """Initialise a token in ``folder`` (made where missing) and give it with its user logged in.

    Raises:
        SandboxError: the module cannot be used, or refuses the label or the PIN.
    """
    padded = label.encode()
    if len(padded) > _LABEL_BYTES:
        raise SandboxError(f"the label has more than {_LABEL_BYTES} bytes")
    with _softhsm(folder), _slots(module) as slots:
        try:
            token = _initialised(slots, module, padded.ljust(_LABEL_BYTES), pin)
            with token.open(rw=True, user_pin=pin) as session:
                yield Card(session)
        except pkcs11.PinLenRange as error:
            raise SandboxError("the token does not accept a PIN of this length") from error
        except pkcs11.PKCS11Error as error:
            raise SandboxError(f"the token failed: {type(error).__name__}") from error


def _initialised(slots: list[pkcs11.Slot], module: Path, label: bytes, pin: str) -> pkcs11.Token:
    # SoftHSM always has one more slot than tokens.
    free = [slot for slot in slots if not slot.get_token().flags & TokenFlag.TOKEN_INITIALIZED]
    if not free:
        raise SandboxError(f"{module} has no slot for a new token")
    slot = free[0]
    # Forgotten on purpose: nobody unlocks a token of the sandbox, one makes another.
    so_pin = secrets.token_hex(16)
    # python-pkcs11 has no C_InitToken; the library is loaded and initialised already.
    result = ctypes.CDLL(str(module)).C_InitToken(
        ctypes.c_ulong(slot.slot_id), so_pin.encode(), ctypes.c_ulong(len(so_pin)), label
    )
    if result:
        raise SandboxError(f"the token cannot be initialised: {result:#x}")
    token: pkcs11.Token = slot.get_token()
    with token.open(rw=True, so_pin=so_pin) as session:
        session.init_pin(pin)
    return token


@contextlib.contextmanager
def _softhsm(folder: Path) -> Iterator[None]:
    """Point SoftHSM at ``folder`` for as long as the block takes."""
    store = folder.absolute() / "tokens"
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = configuration_path(folder.absolute())
    text = (
        f"directories.tokendir = {store}\n"
        "objectstore.backend = file\n"
        "log.level = ERROR\n"
        "slots.removable = false\n"
    )
    write_file(configuration, text.encode())
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


@contextlib.contextmanager
def _slots(module: Path) -> Iterator[list[pkcs11.Slot]]:
    try:
        library = pkcs11.lib(str(module))
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise SandboxError(f"cannot load the PKCS#11 module {module}") from error
    try:
        yield library.get_slots(token_present=True)
    finally:
        pkcs11.unload(str(module))
