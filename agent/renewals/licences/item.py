"""What is kept of an organisation's business licence, and what can be wrong with getting it."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.ground.bus import Event
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.reports import ErrorReport
from agent.renewals.authorities.ra_protocol import Licence


class LicenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """The item 营业执照 of one organisation: the licence, and how its last update went."""

    uscc: str
    """统一社会信用代码."""
    organisation: str
    """As its certificate names it."""
    licence: Licence | None = None
    """The last one that was fetched."""
    fetched: dt.datetime | None = None
    """When that was (最近更新日期)."""
    tried: dt.datetime | None = None
    """When an update last ended, well or not."""
    error: ErrorReport | None = None
    """Why the last update failed; None where it did not."""

    def updated(self, licence: Licence, now: dt.datetime) -> LicenceItem:
        """Return the item after a licence was fetched."""
        changes = {"licence": licence, "fetched": now, "tried": now, "error": None}
        return msgspec.structs.replace(self, **changes)

    def failed(self, error: OdcError, now: dt.datetime) -> LicenceItem:
        """Return the item after an update that failed; what was fetched before stays."""
        return msgspec.structs.replace(self, tried=now, error=error.report())


class LicenceChanged(Event, frozen=True, kw_only=True, tag="licence"):
    """An update of a licence has ended, well or not."""

    item: LicenceItem


class UsccMissingError(OdcError):
    """The certificate does not say whose licence is meant."""

    code = "uscc_missing"
    sentence = mark("The certificate names no unified social credit code, so no licence is known.")
    advice = mark("Ask your administrator to add the authority's extension to the configuration.")


class LicenceOfAnotherError(OdcError):
    """The authority handed out a licence that is not the certificate's organisation's."""

    code = "licence_of_another"
    sentence = mark("The certification authority sent the licence of another organisation: {uscc}")
    advice = mark("It was not kept. Tell the authority's service desk.")


class LicenceNotKeptError(OdcError):
    """The licence came, and could not be written to the disk."""

    code = "licence_not_kept"
    sentence = mark("The business licence cannot be kept: {reason}")
    advice = mark("Free some space on the disk and update it again.")
