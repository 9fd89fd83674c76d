"""Methods about business licences (营业执照); for the user's own tools only."""

from __future__ import annotations

from typing import Annotated

import msgspec

from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.api.views.licences import LicenceList, LicenceUpdate, licence_view
from agent.api.views.pins import pin_prompt
from agent.renewals.licences.item import LicenceItem

Thumbprint = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class ListParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``licences.list``."""

    images: bool = False
    """Whether the licences' pictures are wanted too."""


class UpdateParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``licences.update``."""

    thumbprint: Thumbprint
    """A signing certificate of the organisation."""
    accept_final_try: bool = False
    """A person consented to risk the last try, should a PIN be needed."""


class LicenceMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._licences = services.licences

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("licences.list", ListParams, self.list_all, Role.CONTROL)
        registry.add("licences.update", UpdateParams, self.update, Role.CONTROL)

    async def list_all(self, call: Call, params: ListParams) -> LicenceList:
        """Every organisation's licence that was fetched, or tried to."""
        language = self._services.language_of(call)
        items = await self._licences.all()
        return LicenceList(
            licences=tuple(licence_view(i, language, has_image=params.images) for i in items),
            updating=self._licences.updating,
        )

    async def update(self, call: Call, params: UpdateParams) -> LicenceUpdate:
        """Update a licence: at once by an open application, else say where a PIN is to be sent."""
        outcome = await self._licences.update(
            params.thumbprint, accepts_final_try=params.accept_final_try
        )
        if isinstance(outcome, LicenceItem):
            view = licence_view(outcome, self._services.language_of(call))
            return LicenceUpdate(uscc=outcome.uscc, licence=view)
        call.connection.on_close(outcome.pin.abandon)
        return LicenceUpdate(uscc=outcome.uscc, pin=pin_prompt(outcome.pin))
