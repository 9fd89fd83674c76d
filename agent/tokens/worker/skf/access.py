"""A token that is logged in: what every operation on it starts from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from agent.ground.language import mark
from agent.keys.public_key import PublicKey
from agent.tokens.errors import ObjectMissingError
from agent.tokens.model import KeyName
from agent.tokens.worker.skf.blobs import BlobError
from agent.tokens.worker.skf.codes import Half
from agent.tokens.worker.skf.container import Container
from agent.tokens.worker.skf.device import Application
from agent.tokens.worker.skf.key_names import container_of
from agent.tokens.worker.skf.module import SkfModule


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """One application, after SKF_VerifyPIN."""

    module: SkfModule
    application: Application
    writing: Callable[[], AbstractContextManager[None]]
    """Around what stores something: errors inside may mean that the token is full."""

    @contextlib.contextmanager
    def container_with(self, key: KeyName) -> Iterator[tuple[Container | None, Half]]:
        """Open the container of a pair, None where there is none, and say which pair it is."""
        try:
            name, half = container_of(key)
        except ValueError as error:
            raise ObjectMissingError(what=mark("private key")) from error
        if name not in self.application.containers():
            yield None, half
            return
        with self.application.opened(name) as container:
            yield container, half

    @contextlib.contextmanager
    def pair(self, key: KeyName) -> Iterator[tuple[Container, PublicKey]]:
        """Open the container of a pair that is there, with its public half; ObjectMissingError."""
        with self.container_with(key) as (container, half):
            public = None if container is None else public_key(container, half)
            if container is None or public is None:
                raise ObjectMissingError(what=mark("private key"))
            yield container, public


def public_key(container: Container, half: Half) -> PublicKey | None:
    """Return the public half of a pair, None where there is no pair; BlobError of what is none."""
    key = container.key(half)
    if key is None:
        return None
    try:
        if isinstance(key, bytes):
            return PublicKey.from_point(key)
        modulus, exponent = key
        numbers = RSAPublicNumbers(exponent, int.from_bytes(modulus, "big"))
        return PublicKey.from_cryptography(numbers.public_key())
    except ValueError as error:  # UnreadableKeyError, too
        raise BlobError(str(error)) from error
