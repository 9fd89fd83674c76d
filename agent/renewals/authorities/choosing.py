"""From a certificate's issuer to its authority: chosen by configuration, never by a web page."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from cryptography import x509

from agent.certificates.model import Certificate
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.renewals.authorities.dossier import Dossier
from agent.renewals.authorities.enrolment import Enrolment, SignedTalk
from agent.renewals.ground.errors import AuthorityGoneError, NoAuthorityError
from agent.settings.config import AuthoritySettings, Config, NetworkSettings
from agent.settings.trust import certificates_of
from agent.system.files import saved_stamp


class TrustAnchorError(OdcError):
    """The authority's trust anchor cannot be read."""

    code = "trust_anchor_unreadable"
    sentence = mark("The trust anchor {file} of the authority {authority} cannot be read: {reason}")
    advice = mark("Ask your administrator to correct the configuration.")


class Authority(msgspec.Struct, frozen=True):
    """An authority by its halves, as its profile has them."""

    enrolment: Enrolment
    dossier: Dossier | None = None
    """None where nobody reviews anything."""
    signed: SignedTalk | None = None
    """The enrolment, where the key that is renewed signs all that is said."""


class _Made(msgspec.Struct, frozen=True):
    """A client, and what it was made of."""

    authority: Authority
    settings: AuthoritySettings
    network: NetworkSettings
    anchor: object
    """The stamp of its trust anchor's file."""


class Authorities:
    """The authorities of the configuration as it is now; a client is made when it is first needed."""

    def __init__(self, config: Callable[[], Config]) -> None:
        """Reach those that ``config`` names, the way it says."""
        self._config = config
        self._clients: dict[str, _Made] = {}
        self._replaced: list[Authority] = []
        """Made of what the configuration said before: what is under way ends with what it began with."""

    def for_certificate(self, certificate: Certificate) -> AuthoritySettings:
        """Return the authority of the certificate's issuer.

        Raises:
            NoAuthorityError: none is configured.
        """
        for settings in self._config().authorities:
            if certificate.issuer in settings.issuers:
                return settings
        raise NoAuthorityError(issuer=certificate.issuer)

    def is_configured(self, name: str) -> bool:
        """Return whether there is still an authority called ``name``."""
        return any(settings.name == name for settings in self._config().authorities)

    def client(self, name: str) -> Authority:
        """Return the client of the authority called ``name``.

        Raises:
            AuthorityGoneError: it is no longer configured.
            TrustAnchorError: its trust anchor cannot be read.
        """
        settings, network = self._named(name), self._config().network
        anchor = saved_stamp(settings.trust_anchor)
        made = self._clients.get(name)
        if made is None or (made.settings, made.network, made.anchor) != (
            settings,
            network,
            anchor,
        ):
            try:
                authority = _client(settings, network)
            except (OSError, ValueError) as error:
                raise _unreadable(settings, error) from error
            if made is not None:
                self._replaced.append(made.authority)
            made = self._clients[name] = _Made(authority, settings, network, anchor)
        return made.authority

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
        for authority in (*self._replaced, *(made.authority for made in self._clients.values())):
            await authority.enrolment.close()

    def _named(self, name: str) -> AuthoritySettings:
        for settings in self._config().authorities:
            if settings.name == name:
                return settings
        raise AuthorityGoneError(authority=name)


def _client(settings: AuthoritySettings, network: NetworkSettings) -> Authority:
    """Return the client of an authority by its profile; OSError, ValueError: its trust anchor."""
    # Here, since httpx takes memory that an agent without renewals does not need, and each profile time.
    if settings.profile == "cmp":
        from agent.renewals.authorities.cmp.enrolment import CmpEnrolment  # noqa: PLC0415

        return Authority(CmpEnrolment(settings, network))
    if settings.profile == "cmp-signed":
        from agent.renewals.authorities.cmp.signed_enrolment import (  # noqa: PLC0415
            CmpSignedEnrolment,
        )

        talk = CmpSignedEnrolment(settings, network)
        return Authority(talk, signed=talk)
    if settings.profile == "est":
        from agent.renewals.authorities.est import EstAuthority  # noqa: PLC0415

        return Authority(EstAuthority(settings, network))
    from agent.renewals.authorities.ra import RaAuthority  # noqa: PLC0415

    ra = RaAuthority(settings, network)
    return Authority(ra, dossier=ra)


def _unreadable(settings: AuthoritySettings, error: Exception) -> TrustAnchorError:
    return TrustAnchorError(
        file=str(settings.trust_anchor), authority=settings.name, reason=reason_of(error)
    )
