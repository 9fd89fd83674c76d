"""Certificates as objects of the token: stored, removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkcs11 import Attribute, ObjectClass
from pkcs11.constants import CertificateType

from agent.certificates.names import subject_of
from agent.tokens import protocol
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.objects import search


def write_certificate(access: TokenAccess, request: protocol.WriteCertificate) -> None:
    """Store a certificate, unless this very one is stored already (a repeat after a kill)."""
    if next(_stored(access, request), None) is not None:
        return
    with access.writing():
        access.session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.ID: request.key,
                Attribute.LABEL: request.label,
                Attribute.SUBJECT: subject_of(request.certificate),
                Attribute.VALUE: request.certificate,
            }
        )


def destroy_certificate(access: TokenAccess, request: protocol.DestroyCertificate) -> None:
    """Remove a certificate, and none of the others its key may have."""
    for found in _stored(access, request):
        found.destroy()


def _stored(
    access: TokenAccess, request: protocol.WriteCertificate | protocol.DestroyCertificate
) -> Iterator[Any]:
    """Yield the objects that are this very certificate."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: request.key}
    for found in search(access.session, wanted):
        if bytes(found[Attribute.VALUE]) == request.certificate:
            yield found
