"""What clients see of business licences."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.api.views.pins import PinPrompt
from agent.ground.language import Language
from agent.renewals.licences.item import LicenceItem
from agent.renewals.licences.wording import licence_text


class LicenceView(msgspec.Struct, frozen=True, kw_only=True):
    """The item 营业执照 of one organisation. Days are of China Standard Time."""

    uscc: str
    organisation: str
    """As its certificate names it."""
    text: str
    """The result of the last update, in the user's language."""
    fetched: dt.datetime | None = None
    """When an update last brought a licence (最近更新日期)."""
    tried: dt.datetime | None = None
    """When an update last ended, well or not."""
    error: str | None = None
    """Code of why the last update failed; what was fetched before is shown all the same."""
    error_text: str = ""
    advice_text: str = ""
    name: str = ""
    """As the licence names the organisation; empty, like the rest, where none was fetched yet."""
    legal_representative: str = ""
    address: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    """The last day, included; None where the licence has no end (长期)."""
    updated: dt.date | None = None
    """When the register last changed it."""
    image: bytes | None = None
    """PNG (base64 in JSON), where it was asked for."""


class LicenceList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``licences.list``."""

    licences: tuple[LicenceView, ...]
    updating: tuple[str, ...]
    """USCCs of the organisations whose licence is being fetched now; an event tells the outcome."""


class LicenceUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``licences.update``: a licence or a PIN prompt."""

    uscc: str
    """Whose licence it is."""
    licence: LicenceView | None = None
    """What came of it, where an open application sufficed."""
    pin: PinPrompt | None = None
    """Where to send the PIN; the event ``licence`` then tells the outcome."""


def licence_view(item: LicenceItem, language: Language, *, has_image: bool = False) -> LicenceView:
    """Return an organisation's licence as clients see it, its picture only where it is wanted."""
    error, licence = item.error, item.licence
    view = LicenceView(
        uscc=item.uscc,
        organisation=item.organisation,
        text=licence_text(item, language),
        fetched=item.fetched,
        tried=item.tried,
        error=error.code if error else None,
        error_text=error.text(language) if error else "",
        advice_text=error.advice_text(language) if error else "",
    )
    if licence is None:
        return view
    return msgspec.structs.replace(
        view,
        name=licence.name,
        legal_representative=licence.legal_representative,
        address=licence.address,
        valid_from=licence.valid_from,
        valid_to=licence.valid_to,
        updated=licence.updated,
        image=licence.image if has_image else None,
    )
