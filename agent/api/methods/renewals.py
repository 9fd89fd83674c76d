"""Methods that start, feed and end renewals; for the user's own tools only."""

from __future__ import annotations

from typing import Annotated

import msgspec

from agent.api.input_files import read_all
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.pins import PinPrompt, pin_prompt
from agent.api.views.renewals import RenewalList, RenewalView, renewal_view
from agent.ground.private import Private
from agent.renewals.authorities.ra_protocol import Applicant, ApplicantField, DocumentName
from agent.renewals.dossier.checks import amended
from agent.renewals.journal.record import Renewal

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{36}\Z")]
Thumbprint = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class StartParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``renewals.start``."""

    thumbprint: Thumbprint


class RenewalParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of methods that name one renewal."""

    id: Id


class PinParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``renewals.pin``."""

    id: Id
    accept_final_try: bool = False
    """A person consented to risk the last try."""


class DossierParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``renewals.submit_dossier``."""

    id: Id
    applicant: Applicant
    documents: dict[DocumentName, str] = msgspec.field(default_factory=dict)
    """Paths of the scans; those of an amendment only where they are new."""


class AmendParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``renewals.amend``: what is new; the rest stays as it was submitted."""

    id: Id
    applicant: dict[ApplicantField, str] = msgspec.field(default_factory=dict)
    documents: dict[DocumentName, str] = msgspec.field(default_factory=dict)
    """Paths of the scans."""


class SmsParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``renewals.verify_sms``."""

    id: Id
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4,8}\Z")]


class SecretParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``renewals.give_secret``: what the authority handed out for this renewal."""

    id: Id
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """The reference value (参考号)."""
    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Its secret (授权码)."""


class RenewalMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._renewals = services.renewals

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("renewals.list", NoParams, self.list_all, Role.CONTROL, Role.TRAY)
        registry.add("renewals.start", StartParams, self.start, Role.CONTROL)
        registry.add("renewals.get", RenewalParams, self.get, Role.CONTROL)
        registry.add("renewals.submit_dossier", DossierParams, self.submit_dossier, Role.CONTROL)
        registry.add("renewals.amend", AmendParams, self.amend, Role.CONTROL)
        registry.add("renewals.pin", PinParams, self.pin, Role.CONTROL)
        registry.add("renewals.give_secret", SecretParams, self.give_secret, Role.CONTROL)
        registry.add("renewals.send_sms", RenewalParams, self.send_sms, Role.CONTROL)
        registry.add("renewals.verify_sms", SmsParams, self.verify_sms, Role.CONTROL)
        registry.add("renewals.cancel", RenewalParams, self.cancel, Role.CONTROL)

    async def list_all(self, call: Call, _params: NoParams) -> RenewalList:
        """All renewals, the newest first."""
        return RenewalList(renewals=tuple(self._view(r, call) for r in self._renewals.all()))

    async def start(self, call: Call, params: StartParams) -> RenewalView:
        """Start a renewal, or join the one under way."""
        renewal = await self._renewals.start(params.thumbprint)
        return self._view(renewal, call)

    async def get(self, call: Call, params: RenewalParams) -> RenewalView:
        """One renewal."""
        return self._view(self._renewals.get(params.id), call)

    async def submit_dossier(self, call: Call, params: DossierParams) -> RenewalView:
        """Take the applicant's data and the scans."""
        scans = await read_all(params.documents)
        renewal = await self._renewals.submit_dossier(params.id, params.applicant, scans)
        return self._view(renewal, call)

    async def amend(self, call: Call, params: AmendParams) -> RenewalView:
        """Take what the review wants amended."""
        scans = await read_all(params.documents)
        applicant = amended(self._renewals.get(params.id).private.applicant, params.applicant)
        renewal = await self._renewals.submit_dossier(params.id, applicant, scans)
        return self._view(renewal, call)

    async def pin(self, call: Call, params: PinParams) -> PinPrompt:
        """Prepare the next step with a PIN, and say where the PIN is to be sent."""
        renewal = self._renewals.get(params.id)
        consents = params.accept_final_try
        asked = await self._renewals.pin_entry.ask(renewal, accepts_final_try=consents)
        call.connection.on_close(asked.abandon)
        return pin_prompt(asked)

    async def give_secret(self, call: Call, params: SecretParams) -> RenewalView:
        """Take the reference value and the secret an authority handed out."""
        renewal = self._renewals.give_secret(params.id, params.reference, params.secret)
        return self._view(renewal, call)

    async def send_sms(self, call: Call, params: RenewalParams) -> RenewalView:
        """Have the SMS code sent."""
        renewal = await self._renewals.send_sms(params.id)
        return self._view(renewal, call)

    async def verify_sms(self, call: Call, params: SmsParams) -> RenewalView:
        """Release the application with the SMS code."""
        renewal = await self._renewals.verify_sms(params.id, params.code)
        return self._view(renewal, call)

    async def cancel(self, call: Call, params: RenewalParams) -> RenewalView:
        """Withdraw the application and end the renewal."""
        renewal = await self._renewals.cancel(params.id)
        return self._view(renewal, call)

    def _view(self, renewal: Renewal, call: Call) -> RenewalView:
        return renewal_view(self._renewals.shown(renewal), self._services.language_of(call))
