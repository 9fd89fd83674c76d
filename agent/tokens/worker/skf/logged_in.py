"""A token that is logged in: each request of the protocol, and what goes wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from agent.tokens import protocol
from agent.tokens.errors import DecryptionUnsupportedError
from agent.tokens.model import KeyCompanions, KeyPairFacts
from agent.tokens.worker.skf import (
    certificates,
    decryption,
    encryption_keys,
    key_pairs,
    room,
    signing,
)
from agent.tokens.worker.skf.access import TokenAccess
from agent.tokens.worker.skf.device import Application
from agent.tokens.worker.skf.finding import Place
from agent.tokens.worker.skf.module import SkfModule

Order = TypeVar("Order")
Result = TypeVar("Result")


class LoggedInToken:
    """The :class:`~agent.tokens.worker.driver.LoggedIn` of this driver."""

    def __init__(
        self,
        module: SkfModule,
        place: Place,
        label: str,
        application: Application,
        opened: contextlib.ExitStack,
    ) -> None:
        """Take orders for ``application``.

        Args:
            module: whose token it is.
            place: where it is.
            label: what it is called.
            application: open, and logged in.
            opened: ends the login and lets go of all that is open.
        """
        self._module = module
        self._place = place
        self._label = label
        self._opened = opened
        self._access = TokenAccess(module, application, self._writing)

    def find_key_pair(self, request: protocol.FindKeyPair) -> KeyPairFacts:
        return self._done(key_pairs.find_key_pair, request)

    def generate_key_pair(self, request: protocol.GenerateKeyPair) -> KeyPairFacts:
        return self._done(key_pairs.generate_key_pair, request)

    def find_companions(self, request: protocol.FindCompanions) -> KeyCompanions:
        return self._done(key_pairs.find_companions, request)

    def destroy_key_pair(self, request: protocol.DestroyKeyPair) -> None:
        self._done(key_pairs.destroy_key_pair, request)

    def sign_request(self, request: protocol.SignRequest) -> bytes:
        return self._done(signing.sign_request, request)

    def sign_message(self, request: protocol.SignMessage) -> bytes:
        return self._done(signing.sign_message, request)

    def sign_data(self, request: protocol.SignData) -> bytes:
        return self._done(signing.sign_data, request)

    def sign_digest(self, request: protocol.SignDigest) -> bytes:
        return self._done(signing.sign_digest, request)

    def write_certificate(self, request: protocol.WriteCertificate) -> None:
        self._done(certificates.write_certificate, request)

    def destroy_certificate(self, request: protocol.DestroyCertificate) -> None:
        self._done(certificates.destroy_certificate, request)

    def prove_decryption(self, request: protocol.ProveDecryption) -> bool:
        return self._done(encryption_keys.prove_decryption, request)

    def decrypt_key(self, request: protocol.DecryptKey) -> bytes:  # noqa: ARG002 - see the interface
        """Session keys stay on the token (SKF_ImportSessionKey), so none is given out."""
        raise DecryptionUnsupportedError(module=self._module.name)

    def decrypt_content(self, request: protocol.DecryptContent) -> bytes:
        return self._done(decryption.decrypt_content, request)

    def import_key_pair(self, request: protocol.ImportKeyPair) -> KeyPairFacts:
        return self._done(encryption_keys.import_key_pair, request)

    def check_room(self, request: protocol.CheckRoom) -> None:
        self._done(room.check_room, request)

    def log_out(self) -> None:
        """End the login (SKF_ClearSecureState), and let go of the device."""
        self._opened.close()

    def _done(self, operation: Callable[[TokenAccess, Order], Result], request: Order) -> Result:
        with self._module.telling(self._place.device, self._label):
            return operation(self._access, request)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._module.telling(self._place.device, self._label, is_writing=True):
            yield
