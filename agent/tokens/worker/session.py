"""A session with a PIN: one token, one login, requests for its keys; then the process ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.tokens import protocol
from agent.tokens.errors import ObjectMissingError
from agent.tokens.worker.driver import Driver, LoggedIn
from agent.tokens.worker.login import Login


class TokenSession:
    """What a worker with a PIN can do: take the PIN, then carry out requests of the protocol."""

    def __init__(self, driver: Driver, request: protocol.OpenSession, module: str) -> None:
        """Find the token; TokenError.

        Args:
            driver: that it is reached by.
            request: names it.
            module: what errors call the driver.
        """
        token = driver.find(request.token, request.certificate)
        self._login = Login(token, request.token, module)
        self._operations: dict[type, Callable[[Any], Any]] = {
            protocol.ReceivePin: self._receive_pin,
            protocol.LogIn: self._log_in,
            protocol.ChangePin: self._change_pin,
        }

    def offer(self) -> protocol.SessionOffer:
        """Say where the PIN is to be sent and what the token says of it."""
        return self._login.offer()

    def carry_out(self, request: protocol.AnyRequest) -> Any:  # noqa: ANN401 - the request's result
        """Carry out one request of the session; ObjectMissingError before the login it wants."""
        operation = self._operations.get(type(request))
        if operation is None:
            raise ObjectMissingError(what="a login")
        return operation(request)

    def _receive_pin(self, _request: protocol.ReceivePin) -> None:
        self._login.receive_pin()

    def _log_in(self, request: protocol.LogIn) -> None:
        token = self._login.log_in(accepts_final_try=request.accepts_final_try)
        self._operations |= _operations_of(token)

    def _change_pin(self, request: protocol.ChangePin) -> None:
        self._login.change_pin(accepts_final_try=request.accepts_final_try)


def _operations_of(token: LoggedIn) -> dict[type, Callable[[Any], Any]]:
    """Return what a token that is logged in can do, by the request that asks for it."""
    return {
        protocol.FindKeyPair: token.find_key_pair,
        protocol.GenerateKeyPair: token.generate_key_pair,
        protocol.FindCompanions: token.find_companions,
        protocol.DestroyKeyPair: token.destroy_key_pair,
        protocol.SignRequest: token.sign_request,
        protocol.SignMessage: token.sign_message,
        protocol.SignData: token.sign_data,
        protocol.SignDigest: token.sign_digest,
        protocol.WriteCertificate: token.write_certificate,
        protocol.DestroyCertificate: token.destroy_certificate,
        protocol.ProveDecryption: token.prove_decryption,
        protocol.DecryptKey: token.decrypt_key,
        protocol.DecryptContent: token.decrypt_content,
        protocol.ImportKeyPair: token.import_key_pair,
        protocol.CheckRoom: token.check_room,
        protocol.LogOut: lambda _request: token.log_out(),
    }
