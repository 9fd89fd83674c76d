"""A session with a PIN: one token, one login, the operations on its keys; then the process ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11
from pkcs11.constants import CertificateType
from pkcs11.util.ec import encode_named_curve_parameters

from agent.errors import OdcError
from agent.language import mark
from agent.tokens import protocol
from agent.tokens.errors import (
    KeyTypeUnsupportedError,
    ObjectMissingError,
    SignatureInvalidError,
    TokenError,
)
from agent.tokens.model import KeyPairFacts
from agent.tokens.worker.always_authenticate import authenticated
from agent.tokens.worker.decryption import (
    SCHEMES,
    DecryptionUnknownError,
    DecryptionWrongError,
    decrypt,
)
from agent.tokens.worker.envelope import read_envelope
from agent.tokens.worker.failures import told_error, told_token_error
from agent.tokens.worker.key_import import Opener, opened_key, rsa_key_of
from agent.tokens.worker.key_objects import Template, is_stored, private_parts, store
from agent.tokens.worker.key_unwrap import wrapped_key
from agent.tokens.worker.keys import (
    CURVES,
    PublicKey,
    TokenKey,
    public_key_of,
    sign_data,
    subject_public_key_info,
    token_key,
)
from agent.tokens.worker.login import Login
from agent.tokens.worker.mechanisms import first_possible
from agent.tokens.worker.module import Module
from agent.tokens.worker.oaep import OaepError
from agent.tokens.worker.objects import find, search
from agent.tokens.worker.room import is_said_to_fit, place_placeholder, remove_placeholders
from agent.tokens.worker.token_info import read_token_info

_CAPABILITIES = {
    "sign": MechanismFlag.SIGN | MechanismFlag.VERIFY,
    "decrypt": MechanismFlag.DECRYPT | MechanismFlag.UNWRAP | MechanismFlag.ENCRYPT,
}


class TokenSession:
    """What a worker with a PIN can do. Every method is one request of the protocol."""

    def __init__(self, module: Module, request: protocol.OpenSession) -> None:
        self._module = module
        self._label = request.token.label
        self._login = Login(
            module.path, lambda: module.token(request.token, request.certificate), self._told
        )
        self._session: Any = None

    def offer(self) -> protocol.SessionOffer:
        """Say where the PIN is to be sent and what the token says of it."""
        return self._login.offer()

    def receive_pin(self, _request: protocol.ReceivePin) -> None:
        """Take the PIN from the one-time endpoint."""
        self._login.receive_pin()

    def log_in(self, request: protocol.LogIn) -> None:
        """Log in, once, and tell who typed the PIN how it went."""
        self._session = self._login.log_in(accepts_final_try=request.accepts_final_try)

    def change_pin(self, request: protocol.ChangePin) -> None:
        """Replace the PIN, once, and tell who typed it how it went."""
        self._login.change_pin(accepts_final_try=request.accepts_final_try)

    def carry_out(self, request: protocol.AnyRequest) -> Any:  # noqa: ANN401 - the request's result
        """Carry out one request of the session."""
        operations: dict[type, Callable[[Any], Any]] = {
            protocol.ReceivePin: self.receive_pin,
            protocol.LogIn: self.log_in,
            protocol.ChangePin: self.change_pin,
            protocol.FindKeyPair: self.find_key_pair,
            protocol.GenerateKeyPair: self.generate_key_pair,
            protocol.DestroyKeyPair: self.destroy_key_pair,
            protocol.SignRequest: self.sign_request,
            protocol.SignMessage: self.sign_message,
            protocol.SignData: self.sign_data,
            protocol.WriteCertificate: self.write_certificate,
            protocol.DestroyCertificate: self.destroy_certificate,
            protocol.DecryptData: self.decrypt_data,
            protocol.ImportKeyPair: self.import_key_pair,
            protocol.CheckRoom: self.check_room,
        }
        try:
            return operations[type(request)](request)
        except InvalidSignature as error:
            raise SignatureInvalidError(module=self._module.name) from error
        except (DecryptionUnknownError, DecryptionWrongError, OaepError) as error:
            reason = mark("it does not decrypt what was encrypted to its key")
            raise TokenError(module=self._module.name, reason=reason) from error
        except p11.PKCS11Error as error:
            raise self._told(error, self._session.token) from error

    def _told(
        self,
        error: Exception,
        token: Any,  # noqa: ANN401 - python-pkcs11 is untyped
        *,
        is_writing: bool = False,
    ) -> OdcError:
        if not isinstance(error, p11.PKCS11Error):
            return told_error(error, module=self._module.name)
        return told_token_error(
            error,
            module=self._module.name,
            label=self._label,
            is_gone=self._module.has_lost(token.slot, error),
            is_writing=is_writing,
        )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except p11.PKCS11Error as error:
            raise self._told(error, self._session.token, is_writing=True) from error

    def find_key_pair(self, request: protocol.FindKeyPair) -> KeyPairFacts:
        """Say which halves of the pair exist."""
        public = find(self._session, ObjectClass.PUBLIC_KEY, request.id)
        return KeyPairFacts(
            id=request.id,
            public=public is not None,
            private=find(self._session, ObjectClass.PRIVATE_KEY, request.id) is not None,
            public_key=subject_public_key_info(public_key_of(public)) if public else b"",
        )

    def generate_key_pair(self, request: protocol.GenerateKeyPair) -> KeyPairFacts:
        """Generate a pair that can sign, or decrypt, and cannot leave the token."""
        family, _, size = self._possible(request).partition(":")
        common = {Attribute.ID: request.id, Attribute.LABEL: request.label}
        private = common | {
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
        }
        options: dict[str, Any] = {
            "store": True,
            "capabilities": _CAPABILITIES[request.usage],
            "public_template": common,
            "private_template": private,
        }
        with self._writing():
            if family == "rsa":
                self._session.generate_keypair(KeyType.RSA, int(size), **options)
            else:
                self._curve(size).generate_keypair(**options)
        return self.find_key_pair(protocol.FindKeyPair(id=request.id))

    def _curve(self, name: str) -> Any:  # noqa: ANN401 - domain parameters
        parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVES[name].name)}
        return self._session.create_domain_parameters(KeyType.EC, parameters, local=True)

    def _possible(self, request: protocol.GenerateKeyPair) -> str:
        """Return the first kind the token can do: OpenSC generates curve keys it cannot sign with."""
        slot, key_types = self._session.token.slot, request.key_types
        possible = first_possible(slot, key_types, request.usage)
        if possible is None:
            raise KeyTypeUnsupportedError(module=self._module.name, key_types=", ".join(key_types))
        return possible

    def destroy_key_pair(self, request: protocol.DestroyKeyPair) -> None:
        """Remove both halves, whichever exist."""
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
            found = find(self._session, kind, request.id)
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
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: request.id}
        for found in search(self._session, wanted):
            if bytes(found[Attribute.VALUE]) == request.certificate:
                return
        with self._writing():
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

    def destroy_certificate(self, request: protocol.DestroyCertificate) -> None:
        """Remove a certificate, and none of the others its key may have."""
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: request.id}
        for found in search(self._session, wanted):
            if bytes(found[Attribute.VALUE]) == request.certificate:
                found.destroy()

    def decrypt_data(self, request: protocol.DecryptData) -> bytes:
        """Decrypt bytes, to prove that the key is there and works."""
        private = self._private(request.id)
        return bytes(decrypt(private, request.data, SCHEMES[request.scheme]))

    def import_key_pair(self, request: protocol.ImportKeyPair) -> KeyPairFacts:
        """Store a private key that an authority made, unless it is stored already."""
        wanted = rsa_key_of(request.certificate)
        if not is_stored(self._session, request.id, wanted):
            put = self._private_half(request, wanted)
            with self._writing():
                store(self._session, put, wanted, request.id, request.label)
        return self.find_key_pair(protocol.FindKeyPair(id=request.id))

    def _private_half(
        self, request: protocol.ImportKeyPair, wanted: rsa.RSAPublicKey
    ) -> Callable[[Template], object]:
        """Return what stores the key in the envelope, by the token itself where it can."""
        envelope = read_envelope(request.envelope)
        recipient_id = request.recipient_id
        opener = Opener.found(
            self._session, recipient_id, lambda session: self._private(recipient_id, session)
        )
        wrapped = wrapped_key(envelope, opener, wanted)
        if wrapped is not None:
            return wrapped.unwrap
        numbers = private_parts(opened_key(envelope, opener, wanted))
        return lambda template: self._session.create_object({**template, **numbers})

    def check_room(self, request: protocol.CheckRoom) -> None:
        """Find out whether something of that size still fits."""
        remove_placeholders(self._session)
        info = read_token_info(self._module.path, self._session.token.slot.slot_id)
        if not is_said_to_fit(info, request.bytes):
            with self._writing():
                place_placeholder(self._session, request.bytes)
            remove_placeholders(self._session)

    def _private(self, key_id: bytes, session: Any = None) -> Any:  # noqa: ANN401
        """Return the private key object, ready to be used."""
        private = find(session or self._session, ObjectClass.PRIVATE_KEY, key_id)
        if private is None:
            raise ObjectMissingError(what=mark("private key"))
        return authenticated(private, self._login.pin)

    def _public(self, key_id: bytes, private: Any) -> PublicKey:  # noqa: ANN401
        return public_key_of(find(self._session, ObjectClass.PUBLIC_KEY, key_id) or private)

    def _key(self, key_id: bytes, certificate: x509.Certificate | None = None) -> TokenKey:
        private = self._private(key_id)
        if certificate is not None:
            # The old pair may lack its public key object; its certificate has the same key.
            public: Any = certificate.public_key()
        else:
            public = self._public(key_id, private)
        return token_key(private, public)
