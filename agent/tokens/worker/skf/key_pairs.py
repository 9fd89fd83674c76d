"""Key pairs in their containers: looked for, generated, removed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from agent.keys.schemes import Family
from agent.tokens import protocol
from agent.tokens.errors import KeyIdTakenError, KeyTypeUnsupportedError
from agent.tokens.model import KeyCompanions, KeyName, KeyPairFacts
from agent.tokens.worker.skf.access import TokenAccess, public_key
from agent.tokens.worker.skf.codes import Half, Sar, SkfError
from agent.tokens.worker.skf.container import Container
from agent.tokens.worker.skf.key_names import container_of, key_name

_KINDS = ("sm2", "rsa:2048")
"""What RSAPUBLICKEYBLOB and ECCPUBLICKEYBLOB have room for, and is long enough today."""


def find_key_pair(access: TokenAccess, request: protocol.FindKeyPair) -> KeyPairFacts:
    """Say whether the pair exists."""
    return facts_of(access, request.key)


def facts_of(access: TokenAccess, key: KeyName) -> KeyPairFacts:
    """Return whether a pair exists: there is no half of one."""
    with access.container_with(key) as (container, half):
        public = None if container is None else public_key(container, half)
        if public is None:
            return KeyPairFacts(key=key, public=False, private=False)
        name, _ = container_of(key)
        return KeyPairFacts(
            key=key,
            public=True,
            private=True,
            public_key=public.der,
            encryption_place=key_name(name, Half.ENCRYPTION) if half is Half.SIGNATURE else b"",
        )


def generate_key_pair(access: TokenAccess, request: protocol.GenerateKeyPair) -> KeyPairFacts:
    """Generate a pair that signs, in a container of its own.

    In the container of another it would destroy that one's keys. A pair for encryption is not made here:
    the standard has it made by the authority (8.3).
    """
    kind = next((kind for kind in request.key_types if kind in _KINDS), None)
    if kind is None or request.usage != "sign":
        key_types = ", ".join(request.key_types)
        raise KeyTypeUnsupportedError(module=access.module.name, key_types=key_types)
    with access.writing(), _supported(access, kind):
        _generate(access, request.key, kind)
    return facts_of(access, request.key)


@contextlib.contextmanager
def _supported(access: TokenAccess, kind: str) -> Iterator[None]:
    """Tell of a token that makes no such pairs: some hold pairs for encryption only."""
    try:
        yield
    except SkfError as error:
        if error.code == Sar.NOT_SUPPORTED_YET:
            raise KeyTypeUnsupportedError(module=access.module.name, key_types=kind) from error
        raise


def _generate(access: TokenAccess, key: KeyName, kind: str) -> None:
    name, _ = container_of(key)
    with access.container_with(key) as (container, _):
        if container is not None:
            # Made by a run that was killed before it had its keys.
            _check_empty(container)
            _generate_in(container, kind)
            return
    try:
        with access.application.created(name) as container:
            _generate_in(container, kind)
    except SkfError:
        with contextlib.suppress(SkfError):  # not made at all, or nothing can be done
            access.application.delete_container(name)
        raise


def _generate_in(container: Container, kind: str) -> None:
    if kind == Family.SM2:
        container.generate_sm2_pair()
    else:
        container.generate_rsa_pair(int(kind.removeprefix("rsa:")))


def _check_empty(container: Container) -> None:
    """Refuse a container in which anything would be destroyed."""
    for half in Half:
        if container.public_key(half) is not None or container.certificate(half):
            raise KeyIdTakenError


def find_companions(access: TokenAccess, request: protocol.FindCompanions) -> KeyCompanions:
    """Return all that is in the pair's container, since that is removed as a whole (8.3)."""
    with access.container_with(request.key) as (container, own):
        if container is None:
            return KeyCompanions()
        name, _ = container_of(request.key)
        certificates = [container.certificate(half) for half in Half]
        others = [half for half in Half if half is not own and container.public_key(half)]
        return KeyCompanions(
            certificates=tuple(filter(None, certificates)),
            keys=tuple(key_name(name, half) for half in others),
        )


def destroy_key_pair(access: TokenAccess, request: protocol.DestroyKeyPair) -> None:
    """Remove the pair's container, and all that is in it; see :func:`find_companions`."""
    name, _ = container_of(request.key)
    if name in access.application.containers():
        access.application.delete_container(name)
