"""A session with a PIN: one token, one login, the operations on its keys; then the process ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from pkcs11 import exceptions as p11

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.tokens import protocol
from agent.tokens.errors import SignatureInvalidError, TokenError
from agent.tokens.worker.cryptoki import certificates, encryption_keys, key_pairs, signing
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.decryption import DecryptionUnknownError, DecryptionWrongError
from agent.tokens.worker.cryptoki.failures import told_error, told_token_error
from agent.tokens.worker.cryptoki.module import Module
from agent.tokens.worker.cryptoki.room import is_said_to_fit, place_placeholder, remove_placeholders
from agent.tokens.worker.cryptoki.token_info import read_token_info
from agent.tokens.worker.login import Login
from agent.tokens.worker.oaep import OaepError


def check_room(access: TokenAccess, request: protocol.CheckRoom) -> None:
    """Find out whether something of that size still fits."""
    remove_placeholders(access.session)
    info = read_token_info(access.module.path, access.session.token.slot.slot_id)
    if not is_said_to_fit(info, request.bytes):
        with access.writing():
            place_placeholder(access.session, request.bytes)
        remove_placeholders(access.session)


_OPERATIONS: dict[type, Callable[[TokenAccess, Any], Any]] = {
    protocol.FindKeyPair: key_pairs.find_key_pair,
    protocol.GenerateKeyPair: key_pairs.generate_key_pair,
    protocol.DestroyKeyPair: key_pairs.destroy_key_pair,
    protocol.SignRequest: signing.sign_request,
    protocol.SignMessage: signing.sign_message,
    protocol.SignData: signing.sign_data,
    protocol.WriteCertificate: certificates.write_certificate,
    protocol.DestroyCertificate: certificates.destroy_certificate,
    protocol.DecryptData: encryption_keys.decrypt_data,
    protocol.ImportKeyPair: encryption_keys.import_key_pair,
    protocol.CheckRoom: check_room,
}
"""What a logged-in session can do, by the request that asks for it."""


class TokenSession:
    """What a worker with a PIN can do: take the PIN, then carry out requests of the protocol."""

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
        before_login: dict[type, Callable[[Any], None]] = {
            protocol.ReceivePin: self.receive_pin,
            protocol.LogIn: self.log_in,
            protocol.ChangePin: self.change_pin,
        }
        try:
            if type(request) in before_login:
                return before_login[type(request)](request)
            access = TokenAccess(self._module, self._session, self._login.pin, self._writing)
            return _OPERATIONS[type(request)](access, request)
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
