"""A token that is logged in: each request of the protocol, and what goes wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature

from agent.ground.language import mark
from agent.tokens import protocol
from agent.tokens.errors import DecryptionUnsupportedError, SignatureInvalidError, TokenError
from agent.tokens.model import KeyCompanions, KeyPairFacts
from agent.tokens.pin import wipe
from agent.tokens.worker.cryptoki import certificates, encryption_keys, key_pairs, room, signing
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.decryption import DecryptionUnknownError, DecryptionWrongError
from agent.tokens.worker.cryptoki.failures import SAID
from agent.tokens.worker.cryptoki.module import Module
from agent.tokens.worker.oaep import OaepError

Order = TypeVar("Order")
Result = TypeVar("Result")


class LoggedInToken:
    """The :class:`~agent.tokens.worker.driver.LoggedIn` of this driver."""

    def __init__(
        self,
        module: Module,
        session: Any,  # noqa: ANN401 - python-pkcs11 is untyped
        label: str,
        pin: bytearray | None,
    ) -> None:
        """Take orders in ``session``, with the ``pin`` that has logged in; None on a PIN pad."""
        self._module = module
        self._slot = session.token.slot
        self._label = label
        self._access = TokenAccess(module, session, pin, self._writing)

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

    def decrypt_key(self, request: protocol.DecryptKey) -> bytes:
        return self._done(encryption_keys.decrypt_key, request)

    def decrypt_content(self, request: protocol.DecryptContent) -> bytes:  # noqa: ARG002 - see the interface
        """Keys are given out (C_Decrypt), and the standard has no SM4."""
        raise DecryptionUnsupportedError(module=self._module.name)

    def import_key_pair(self, request: protocol.ImportKeyPair) -> KeyPairFacts:
        return self._done(encryption_keys.import_key_pair, request)

    def check_room(self, request: protocol.CheckRoom) -> None:
        self._done(room.check_room, request)

    def log_out(self) -> None:
        """Log out (C_Logout); the PIN that keys with CKA_ALWAYS_AUTHENTICATE want is wiped."""
        if self._access.pin is not None:
            wipe(self._access.pin)
        with contextlib.suppress(*SAID):
            self._access.session.close()

    def _done(self, operation: Callable[[TokenAccess, Order], Result], request: Order) -> Result:
        try:
            with self._module.telling(self._slot, self._label):
                return operation(self._access, request)
        except InvalidSignature as error:
            raise SignatureInvalidError(module=self._module.name) from error
        except (DecryptionUnknownError, DecryptionWrongError, OaepError) as error:
            reason = mark("it does not decrypt what was encrypted to its key")
            raise TokenError(module=self._module.name, reason=reason) from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._module.telling(self._slot, self._label, is_writing=True):
            yield
