"""Methods about one certificate: all it says, and the certificate itself to keep or hand on."""

from __future__ import annotations

import base64
import ssl

import msgspec

from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.api.views.certificates import CertificateDetails, DetailView
from agent.certificates.details import details
from agent.certificates.names import attributes_of
from agent.renewals.ground.errors import CertificateNotFoundError


class GetParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``certificates.get``."""

    thumbprint: Thumbprint


class CertificateMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("certificates.get", GetParams, self.get, Role.CONTROL)

    async def get(self, call: Call, params: GetParams) -> CertificateDetails:
        """One certificate, plugged in or remembered."""
        services = self._services
        snapshot = await services.inventory.current()
        found = snapshot.find(params.thumbprint) or services.remembered.find(params.thumbprint)
        if found is None:
            raise CertificateNotFoundError
        certificate = found[1].certificate
        shown = details(certificate, self._services.language_of(call))
        return CertificateDetails(
            thumbprint=certificate.thumbprint,
            subject=attributes_of(certificate.subject),
            issuer=attributes_of(certificate.issuer),
            details=tuple(DetailView(name=d.name, value=d.value) for d in shown),
            der=base64.b64encode(certificate.der).decode(),
            pem=ssl.DER_cert_to_PEM_cert(certificate.der),
        )
