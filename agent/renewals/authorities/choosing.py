"""From a certificate's issuer to its authority: chosen by configuration, never by a web page."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from agent.certificates.model import Certificate
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.dossier import Dossier
from agent.renewals.authorities.enrolment import Enrolment
from agent.renewals.ground.errors import NoAuthorityError
from agent.settings.config import AuthoritySettings, NetworkSettings
from agent.settings.trust import certificates_of


class TrustAnchorError(OdcError):
    """The authority's trust anchor cannot be read."""

    code = "trust_anchor_unreadable"
    sentence = mark("The trust anchor {file} of the authority {authority} cannot be read: {reason}")
    advice = mark("Ask your administrator to correct the configuration.")


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority by its halves, as its profile has them."""

    enrolment: Enrolment
    dossier: Dossier | None = None
    """None where nobody reviews anything."""


class Authorities:
    """The configured authorities; a client is made when it is first needed."""

    def __init__(
        self, settings: tuple[AuthoritySettings, ...], network: NetworkSettings = SYSTEMS
    ) -> None:
        """Reach those of ``settings`` the way ``network`` says."""
        self._settings = settings
        self._network = network
        self._clients: dict[str, Authority] = {}

    def for_certificate(self, certificate: Certificate) -> AuthoritySettings:
        """Return the authority of the certificate's issuer.

        Raises:
            NoAuthorityError: none is configured.
        """
        for settings in self._settings:
            if certificate.issuer in settings.issuers:
                return settings
        raise NoAuthorityError(issuer=certificate.issuer)

    def client(self, name: str) -> Authority:
        """Return the client of the authority called ``name``.

        Raises:
            NoAuthorityError: it is no longer configured.
            TrustAnchorError: its trust anchor cannot be read.
        """
        if name not in self._clients:
            settings = self._named(name)
            try:
                self._clients[name] = _client(settings, self._network)
            except (OSError, ValueError) as error:
                raise _unreadable(settings, error) from error
        return self._clients[name]

    def issuers(self, name: str) -> tuple[x509.Certificate, ...]:
        """Return the pinned CA certificates of the authority called ``name``."""
        settings = self._named(name)
        try:
            ders = certificates_of(settings.trust_anchor)
            return tuple(x509.load_der_x509_certificate(der) for der in ders)
        except (OSError, ValueError) as error:
            raise _unreadable(settings, error) from error

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.enrolment.close()

    def _named(self, name: str) -> AuthoritySettings:
        for settings in self._settings:
            if settings.name == name:
                return settings
        raise NoAuthorityError(issuer=name)


def _client(settings: AuthoritySettings, network: NetworkSettings) -> Authority:
    """Return the client of an authority by its profile; OSError, ValueError: its trust anchor."""
    # Here, since httpx takes memory that an agent without renewals does not need.
    from agent.renewals.authorities.est import EstAuthority  # noqa: PLC0415
    from agent.renewals.authorities.ra import RaAuthority  # noqa: PLC0415

    if settings.profile == "est":
        return Authority(EstAuthority(settings, network))
    ra = RaAuthority(settings, network)
    return Authority(ra, dossier=ra)


def _unreadable(settings: AuthoritySettings, error: Exception) -> TrustAnchorError:
    return TrustAnchorError(
        file=str(settings.trust_anchor), authority=settings.name, reason=reason_of(error)
    )
