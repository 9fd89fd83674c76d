"""Methods by which a person looks at what a page wants signed, before the PIN; for the own windows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec

from agent.api.methods.renewals import Id
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.ground.errors import reason_of
from agent.signing.errors import SignatureNotWrittenError
from agent.signing.looking import NotShowableError, look
from agent.sites.errors import QuestionNotFoundError
from agent.system.files import write_beside

Number = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class LookParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.look``."""

    id: Id
    number: Number
    """Which of the things shown, from 0 on."""
    page: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1


class KeepParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.keep``."""

    id: Id
    number: Number
    file: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    """Where to; chosen by the person."""


class LookedView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``consent.look``: a picture of one page, or a text."""

    picture: bytes
    """JPEG (base64 in JSON); empty of a text."""
    pages: int
    text: str
    is_cut: bool
    """The text goes on."""


class LookingMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("consent.look", LookParams, self.look, Role.CONTROL)
        registry.add("consent.keep", KeepParams, self.keep, Role.CONTROL)

    async def look(self, _call: Call, params: LookParams) -> LookedView:
        """What there is to see of one document of an open question."""
        content = self._content(params.id, params.number)
        looked = await asyncio.to_thread(look, content, params.page)
        return LookedView(
            picture=looked.picture, pages=looked.pages, text=looked.text, is_cut=looked.is_cut
        )

    async def keep(self, _call: Call, params: KeepParams) -> dict[str, str]:
        """Write a document to a file, to be looked at with its own program."""
        content, file = self._content(params.id, params.number), Path(params.file)
        try:
            await asyncio.to_thread(write_beside, file, content)
        except OSError as error:
            raise SignatureNotWrittenError(file=file.name, reason=reason_of(error)) from error
        return {}

    def _content(self, question_id: str, number: int) -> bytes:
        question = self._services.consent.questions.get(question_id)
        use = self._services.portal_signing.of(question)
        if use is None:
            raise QuestionNotFoundError
        if number >= len(use.contents):
            raise NotShowableError
        return use.contents[number]
