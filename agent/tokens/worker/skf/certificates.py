"""Certificates in the places their pairs have for them."""

from __future__ import annotations

from agent.ground.language import mark
from agent.tokens import protocol
from agent.tokens.errors import NotWrittenError, ObjectMissingError
from agent.tokens.worker.skf.access import TokenAccess
from agent.tokens.worker.skf.codes import Half
from agent.tokens.worker.skf.container import Container


def write_certificate(access: TokenAccess, request: protocol.WriteCertificate) -> None:
    """Store a certificate in the place of its pair, unless it is there (a repeat after a kill)."""
    with access.container_with(request.key) as (container, _):
        half = None if container is None else _half_of(container, request.certificate)
        if container is None or half is None:
            raise ObjectMissingError(what=mark("private key"))
        if container.certificate(half) == request.certificate:
            return
        with access.writing():
            container.write_certificate(half, request.certificate)
        if container.certificate(half) != request.certificate:
            raise NotWrittenError(
                module=access.module.name, reason=mark("what is there is not what was stored")
            )


def destroy_certificate(_access: TokenAccess, _request: protocol.DestroyCertificate) -> None:
    """Leave it: there is no call for it, and it goes with its pair (:class:`protocol.DestroyKeyPair`)."""


def _half_of(container: Container, certificate: bytes) -> Half | None:
    """Return the pair a certificate is for, by the key in it; None where it is for neither."""
    for half in Half:
        parts = container.public_key_parts(half)
        if parts is not None and parts in certificate:
            return half
    return None
