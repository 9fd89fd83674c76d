"""A session with a PIN: one token, one login, the operations on its keys; then the process ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass, TokenFlag
from pkcs11 import exceptions as p11
from pkcs11.constants import CertificateType
from pkcs11.util.ec import encode_named_curve_parameters

from agent.errors import OdcError
from agent.language import mark
from agent.tokens import protocol
from agent.tokens.errors import (
    ObjectMissingError,
    PinFormError,
    PinIncorrectError,
    PinLockedError,
)
from agent.tokens.model import KeyPairFacts, PinState
from agent.tokens.pin import PinConnection, PinListener, open_listener, wipe
from agent.tokens.worker.keys import (
    CURVES,
    TokenKey,
    public_key_of,
    sign_data,
    subject_public_key_info,
    token_key,
)
from agent.tokens.worker.module import Module, pin_state_of, told_error


class TokenSession:
    """What a worker with a PIN can do. Every method is one request of the protocol."""

    def __init__(self, module: Module, request: protocol.OpenSession) -> None:
        self._module = module
        self._reference = request.token
        self._certificate = request.certificate
        self._entry: PinConnection | None = None
        self._pin = bytearray()
        token = self._token()
        self._has_pin_pad = bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)
        self._listener: PinListener | None = None if self._has_pin_pad else open_listener()
        self._pin_state = pin_state_of(token.flags)
        self._session: Any = None

    def offer(self) -> protocol.SessionOffer:
        """Say where the PIN is to be sent and what the token says of it."""
        return protocol.SessionOffer(
            endpoint=self._listener.endpoint if self._listener else None,
            pin_state=self._pin_state,
        )

    def receive_pin(self, _request: protocol.ReceivePin) -> None:
        """Take the PIN from the one-time endpoint."""
        if self._listener is None:
            return
        self._entry = self._listener.accept()
        try:
            self._pin = self._entry.receive_pin()
        except OdcError as error:
            self._answer(error)
            raise

    def log_in(self, _request: protocol.LogIn) -> None:
        """Log in, once, and tell who typed the PIN how it went."""
        try:
            self._log_in()
        except p11.PKCS11Error as error:
            told = told_error(error, self._reference.label)
            self._answer(told)
            raise told from error
        except OdcError as error:
            self._answer(error)
            raise
        self._answer(None)

    def _answer(self, error: OdcError | None) -> None:
        if self._entry is not None:
            self._entry.answer(msgspec.json.encode(error.report()) if error else b"")

    def _typed_pin(self) -> Any:  # noqa: ANN401 - str, or python-pkcs11's constant for a PIN pad
        if self._listener is None:
            return pkcs11.PROTECTED_AUTH
        try:
            # python-pkcs11 takes a str only, which cannot be wiped: hence a process that ends.
            return self._pin.decode("utf-8")
        except UnicodeDecodeError:
            # Without its cause: a traceback would show what was typed.
            raise PinFormError from None
        finally:
            wipe(self._pin)

    def carry_out(self, request: protocol.AnyRequest) -> Any:  # noqa: ANN401 - the request's result
        """Carry out one request of the session."""
        operations: dict[type, Callable[[Any], Any]] = {
            protocol.ReceivePin: self.receive_pin,
            protocol.LogIn: self.log_in,
            protocol.FindKeyPair: self.find_key_pair,
            protocol.GenerateKeyPair: self.generate_key_pair,
            protocol.DestroyKeyPair: self.destroy_key_pair,
            protocol.SignRequest: self.sign_request,
            protocol.SignMessage: self.sign_message,
            protocol.SignData: self.sign_data,
            protocol.WriteCertificate: self.write_certificate,
        }
        return operations[type(request)](request)

    def _log_in(self) -> None:
        token = self._token()
        try:
            self._session = token.open(rw=True, user_pin=self._typed_pin())
        except p11.PinIncorrect as error:
            # Flags are a snapshot: the token is asked again what is left.
            state = pin_state_of(self._token().flags)
            if state is PinState.LOCKED:
                raise PinLockedError from error
            raise PinIncorrectError(pin_state=state) from error
        except p11.PinLocked as error:
            raise PinLockedError from error
        except (p11.PinLenRange, p11.PinInvalid) as error:
            raise PinFormError from error

    def _token(self) -> Any:  # noqa: ANN401 - python-pkcs11 is untyped
        return self._module.token(self._reference, self._certificate)

    def find_key_pair(self, request: protocol.FindKeyPair) -> KeyPairFacts:
        """Say which halves of the pair exist."""
        public = self._find(ObjectClass.PUBLIC_KEY, request.id)
        return KeyPairFacts(
            id=request.id,
            public=public is not None,
            private=self._find(ObjectClass.PRIVATE_KEY, request.id) is not None,
            public_key=subject_public_key_info(public_key_of(public)) if public else b"",
        )

    def generate_key_pair(self, request: protocol.GenerateKeyPair) -> KeyPairFacts:
        """Generate a pair that can sign and cannot leave the token."""
        family, _, size = request.key_type.partition(":")
        common = {Attribute.ID: request.id, Attribute.LABEL: request.label}
        private = common | {
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
        }
        options: dict[str, Any] = {
            "store": True,
            "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
            "public_template": common,
            "private_template": private,
        }
        if family == "rsa":
            self._session.generate_keypair(KeyType.RSA, int(size), **options)
        else:
            parameters = self._session.create_domain_parameters(
                KeyType.EC,
                {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVES[size].name)},
                local=True,
            )
            parameters.generate_keypair(**options)
        return self.find_key_pair(protocol.FindKeyPair(id=request.id))

    def destroy_key_pair(self, request: protocol.DestroyKeyPair) -> None:
        """Remove both halves, whichever exist."""
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
            found = self._find(kind, request.id)
            if found is not None:
                found.destroy()

    def sign_request(self, request: protocol.SignRequest) -> bytes:
        """Make a PKCS#10 request for the key."""
        old = x509.load_der_x509_certificate(request.certificate)
        builder = x509.CertificateSigningRequestBuilder().subject_name(old.subject)
        signed = builder.sign(self._key(request.id), hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)

    def sign_message(self, request: protocol.SignMessage) -> bytes:
        """Make CMS SignedData with ``content`` inside and the certificate beside it."""
        certificate = x509.load_der_x509_certificate(request.certificate)
        return (
            pkcs7.PKCS7SignatureBuilder()
            .set_data(request.content)
            .add_signer(certificate, self._key(request.id, certificate), hashes.SHA256())
            .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
        )

    def sign_data(self, request: protocol.SignData) -> bytes:
        """Sign bytes, to prove that the key is there and works."""
        return sign_data(self._key(request.id), request.data)

    def write_certificate(self, request: protocol.WriteCertificate) -> None:
        """Store a certificate, unless this very one is stored already (a repeat after a kill)."""
        certificate = x509.load_der_x509_certificate(request.certificate)
        for found in self._session.get_objects(
            {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: request.id}
        ):
            if bytes(found[Attribute.VALUE]) == request.certificate:
                return
        self._session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.ID: request.id,
                Attribute.LABEL: request.label,
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: request.certificate,
            }
        )

    def _find(self, kind: ObjectClass, key_id: bytes) -> Any:  # noqa: ANN401
        """Return the object, or None. The search is read to its end: it must be closed."""
        found = list(self._session.get_objects({Attribute.CLASS: kind, Attribute.ID: key_id}))
        return found[0] if found else None

    def _key(self, key_id: bytes, certificate: x509.Certificate | None = None) -> TokenKey:
        private = self._find(ObjectClass.PRIVATE_KEY, key_id)
        if private is None:
            raise ObjectMissingError(what=mark("private key"))
        if certificate is not None:
            # The old pair may lack its public key object; its certificate has the same key.
            public: Any = certificate.public_key()
        else:
            public = public_key_of(self._find(ObjectClass.PUBLIC_KEY, key_id) or private)
        return token_key(private, public)
