"""A token that is logged in: what every operation on it starts from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from cryptography import x509
from pkcs11 import ObjectClass

from agent.ground.language import mark
from agent.ground.private import Private
from agent.keys.certified import key_of
from agent.tokens.errors import ObjectMissingError
from agent.tokens.model import KeyName
from agent.tokens.worker.cryptoki.always_authenticate import authenticated
from agent.tokens.worker.cryptoki.keys import TokenKey, public_key_of, token_key
from agent.tokens.worker.cryptoki.module import Module
from agent.tokens.worker.cryptoki.objects import find


class TokenAccess(Private, frozen=True):
    """One session with one token, after C_Login."""

    module: Module
    session: Any
    """python-pkcs11's, which is untyped."""
    pin: bytearray | None
    """The PIN that logged in; None where it was typed on the token's pad."""
    writing: Callable[[], AbstractContextManager[None]]
    """Around what stores something: errors inside may mean that the token is full."""

    def private(self, key: KeyName, session: Any = None) -> Any:  # noqa: ANN401
        """Return a private key ready to be used, in this or another session; ObjectMissingError."""
        private = find(session or self.session, ObjectClass.PRIVATE_KEY, key)
        if private is None:
            raise ObjectMissingError(what=mark("private key"))
        return authenticated(private, self.pin)

    def signing_key(self, key: KeyName, certificate: x509.Certificate | None = None) -> TokenKey:
        """Return a key as `cryptography` signs with it; ObjectMissingError.

        The old pair may lack its public key object; its ``certificate`` has the same key.
        """
        private = self.private(key)
        if certificate is not None:
            public: Any = key_of(certificate).for_cryptography()
        else:
            public = public_key_of(find(self.session, ObjectClass.PUBLIC_KEY, key) or private)
        return token_key(private, public)
