"""Filling a dossier in: fields and scans are kept as they are given, and submitted as a whole.

Files of strangers are opened by the scan worker alone; what is shown of them are its pictures.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from agent.certificates.identity_oids import IdentityOid
from agent.ground.private import Private
from agent.renewals.authorities.ra_protocol import Applicant, ApplicantField, DocumentName, Policy
from agent.renewals.dossier.checks import amended
from agent.renewals.drafts.store import Draft, DraftScan, DraftStore, Part, ScanNotChosenError
from agent.renewals.drafts.taking_over import Given, Sources
from agent.renewals.journal.applicant_profile import (
    ProfileDamagedError,
    forget_profile,
    keep_profile,
    take_up_profile,
)
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.scan_store import ScanLostError, ScanStore
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import NotReadError, Vault, VaultError
from agent.renewals.scans.model import LARGEST_SHOWN_SIDE, Limits, limits_of
from agent.renewals.scans.reports import (
    Conversion,
    ScanUnusableError,
    offer_conversion,
    report_scan,
    show_scan,
)
from agent.renewals.service import RenewalService
from agent.system.damage import Damages

THUMBNAIL_SIDE = 240
"""Pixels of a thumbnail's longer side."""
_GUIDE = Policy(authority="")
"""The guide's fields, documents and limits, where no authority has said others."""


class OpenDossier(Private, frozen=True):
    """A dossier as it stands."""

    renewal: Renewal
    draft: Draft
    applicant: Mapping[ApplicantField, str]
    """What was filled in, else what was submitted before, else what is kept."""
    thumbnails: Mapping[DocumentName, bytes]
    """JPEG, of what would be sent; also of scans that were submitted before."""

    @property
    def policy(self) -> Policy:
        """What the authority asks for."""
        return self.renewal.policy or _GUIDE

    @property
    def limits(self) -> Limits:
        """What it takes of scans."""
        return limits_of(self.policy)


class ShownConversion(msgspec.Struct, frozen=True):
    """A conversion with pictures of before and after, JPEG."""

    conversion: Conversion
    before: bytes
    after: bytes


class DossierService:
    """Everything a window or command does with a dossier before it is submitted."""

    def __init__(
        self,
        *,
        renewals: RenewalService,
        folder: Path,
        profile: Path,
        vault: Vault,
        identity_oids: Callable[[], Sequence[IdentityOid]],
        damages: Damages | None = None,
    ) -> None:
        self._renewals = renewals
        self._damages = damages or Damages()
        self._store = DraftStore(folder, vault, self._damages)
        self._sources = Sources(renewals, self._store, identity_oids)
        self._scans = ScanStore(folder, vault, self._damages)
        self._profile = profile
        self._vault = vault

    async def open(self, renewal_id: str) -> OpenDossier:
        """Return the dossier as it stands; RenewalNotFoundError."""
        renewal = self._renewals.get(renewal_id)
        draft = Draft() if renewal.has_ended else self._store.read(renewal.id)
        thumbnails = await asyncio.to_thread(self._thumbnails, renewal, draft)
        return OpenDossier(renewal, draft, self._applicant(renewal, draft), thumbnails)

    def write(self, renewal_id: str, applicant: Mapping[ApplicantField, str]) -> None:
        """Keep fields as they are typed, right or not; WrongStateError, NotSavedError."""
        renewal = self._renewals.awaiting_dossier(renewal_id)
        draft = self._store.read(renewal.id)
        changed = {**draft.applicant, **applicant}
        self._store.write(renewal.id, msgspec.structs.replace(draft, applicant=changed))

    def source_of(self, renewal: Renewal) -> Renewal | None:
        """Return the open renewal of the same organisation that can fill this one's dossier in."""
        return self._sources.of(renewal)

    async def take_over(self, renewal_id: str, source_id: str) -> OpenDossier:
        """Fill in what is still empty as it was given for another renewal; nothing is submitted.

        Raises:
            RenewalNotFoundError, OtherOrganisationError, ScanUnusableError, NotSavedError
            WrongStateError: no dossier is awaited, or the source has ended: nothing is left of it.
        """
        self.write(renewal_id, self._gain(renewal_id, source_id).applicant)
        for name in DocumentName:
            # Looked up each time: a person may choose a file, and the source may end, meanwhile.
            documents = self._gain(renewal_id, source_id).documents
            if name in documents:
                scan = documents[name]
                content = self._content(source_id, name, scan)
                file = scan.file if scan else self._usual_file(source_id, name)
                await self.choose(renewal_id, name, file, content)
        return await self.open(renewal_id)

    async def choose(
        self, renewal_id: str, name: DocumentName, file: str, content: bytes
    ) -> OpenDossier:
        """Keep a file that was chosen for a document, in place of another.

        Raises:
            WrongStateError, NotSavedError
            ScanUnusableError: it gives no picture; the one before stays.
        """
        limits = limits_of(self._renewals.awaiting_dossier(renewal_id).policy or _GUIDE)
        report = await asyncio.to_thread(report_scan, content, limits)
        if report.facts is None:
            raise ScanUnusableError(report.faults[0], **report.values)
        thumbnail = await asyncio.to_thread(show_scan, content, THUMBNAIL_SIDE)
        self._renewals.awaiting_dossier(renewal_id)
        parts = {Part.ORIGINAL: content, Part.THUMBNAIL: thumbnail}
        self._keep(renewal_id, name, DraftScan(file=file, original=report.facts), parts)
        self._store.drop(renewal_id, name, [Part.OFFERED, Part.CONVERTED])
        return await self.open(renewal_id)

    async def convert(
        self, renewal_id: str, name: DocumentName, *, page: int, turns: int
    ) -> ShownConversion:
        """Make a conversion and show it; it is not used before :meth:`use` says so.

        Raises:
            WrongStateError, ScanNotChosenError, ScanUnusableError, NotSavedError
        """
        limits = limits_of(self._renewals.awaiting_dossier(renewal_id).policy or _GUIDE)
        original = self._store.get(renewal_id, name, Part.ORIGINAL)
        conversion = await asyncio.to_thread(
            offer_conversion, original, limits, page=page, turns=turns
        )
        before = await asyncio.to_thread(show_scan, original, LARGEST_SHOWN_SIDE, page=page)
        after = await asyncio.to_thread(show_scan, conversion.content, LARGEST_SHOWN_SIDE)
        self._renewals.awaiting_dossier(renewal_id)
        self._store.put(renewal_id, name, Part.OFFERED, conversion.content)
        return ShownConversion(conversion, before, after)

    async def use(self, renewal_id: str, name: DocumentName, *, is_converted: bool) -> OpenDossier:
        """Have the conversion sent, or the file as it is.

        Raises:
            WrongStateError, ScanNotChosenError, ScanUnusableError, NotSavedError
        """
        self._renewals.awaiting_dossier(renewal_id)
        part = Part.CONVERTED if is_converted else Part.ORIGINAL
        content = self._wanted(renewal_id, name, part)
        facts = None
        if is_converted:
            limits = limits_of(self._renewals.get(renewal_id).policy or _GUIDE)
            facts = (await asyncio.to_thread(report_scan, content, limits)).facts
        thumbnail = await asyncio.to_thread(show_scan, content, THUMBNAIL_SIDE)
        self._renewals.awaiting_dossier(renewal_id)
        scan = self._chosen(renewal_id, name)
        parts = {Part.THUMBNAIL: thumbnail, **({part: content} if is_converted else {})}
        self._keep(renewal_id, name, msgspec.structs.replace(scan, converted=facts), parts)
        self._store.drop(renewal_id, name, [Part.OFFERED])
        return await self.open(renewal_id)

    async def remove(self, renewal_id: str, name: DocumentName) -> OpenDossier:
        """Take a chosen file out again; WrongStateError, NotSavedError."""
        self._renewals.awaiting_dossier(renewal_id)
        self._keep(renewal_id, name, None)
        self._store.drop(renewal_id, name)
        return await self.open(renewal_id)

    async def picture(self, renewal_id: str, name: DocumentName) -> bytes:
        """Return a JPEG of what is sent, large enough to be read; ScanNotChosenError, ScanUnusableError."""
        renewal = self._renewals.get(renewal_id)
        scan = self._store.read(renewal.id).scans.get(name)
        content = self._content(renewal.id, name, scan)
        return await asyncio.to_thread(show_scan, content, LARGEST_SHOWN_SIDE)

    async def submit(self, renewal_id: str) -> Renewal:
        """Submit what was filled in; the draft is gone once that is done.

        Raises:
            WrongStateError, DossierIncompleteError, NotSavedError
        """
        renewal = self._renewals.awaiting_dossier(renewal_id)
        draft = self._store.read(renewal.id)
        applicant = amended(None, self._applicant(renewal, draft))
        scans = {name: self._content(renewal.id, name, scan) for name, scan in draft.scans.items()}
        submitted = await self._renewals.submit_dossier(renewal.id, applicant, scans)
        self._store.forget(renewal.id)
        return submitted

    def kept_applicant(self) -> Applicant | None:
        """Return who is kept by choice, None where nobody is, or that cannot be read any more."""
        try:
            return take_up_profile(self._profile, self._vault)
        except VaultError as error:
            self._damages.lay_aside(self._profile, ProfileDamagedError, error)
            return None

    @property
    def is_applicant_kept(self) -> bool:
        """Whether somebody is kept."""
        return self._profile.exists()

    def keep_applicant(self, applicant: Applicant) -> None:
        """Keep the applicant for the next renewal."""
        keep_profile(self._profile, self._vault, applicant)

    def forget_applicant(self) -> None:
        """Keep nobody any more."""
        forget_profile(self._profile)

    def _gain(self, renewal_id: str, source_id: str) -> Given:
        renewal = self._renewals.awaiting_dossier(renewal_id)
        return self._sources.gain(renewal, self._renewals.get(source_id))

    def _usual_file(self, renewal_id: str, name: DocumentName) -> str:
        """Return what a submitted scan may be called: how its file was called is not kept."""
        media_type = self._renewals.get(renewal_id).private.documents[name].media_type
        return f"{name.value}.{media_type.rpartition('/')[2]}"

    def _applicant(self, renewal: Renewal, draft: Draft) -> dict[ApplicantField, str]:
        known = renewal.private.applicant
        if known is None and not renewal.has_ended:
            known = self.kept_applicant()
        before = {field: getattr(known, field.value) if known else "" for field in ApplicantField}
        return {**before, **draft.applicant}

    def _thumbnails(self, renewal: Renewal, draft: Draft) -> dict[DocumentName, bytes]:
        shown: dict[DocumentName, bytes] = {}
        sent = renewal.private.documents if renewal.state is State.REJECTED else ()
        for name in {*draft.scans, *sent}:
            with contextlib.suppress(
                ScanNotChosenError, ScanLostError, NotReadError
            ):  # chosen again
                shown[name] = (
                    self._store.get(renewal.id, name, Part.THUMBNAIL)
                    if name in draft.scans
                    else show_scan(self._scans.get(renewal.id, name), THUMBNAIL_SIDE)
                )
        return shown

    def _content(self, renewal_id: str, name: DocumentName, scan: DraftScan | None) -> bytes:
        if scan is None:
            try:
                return self._scans.get(renewal_id, name)
            except ScanLostError as error:
                raise ScanNotChosenError from error
        part = Part.CONVERTED if scan.converted else Part.ORIGINAL
        return self._store.get(renewal_id, name, part)

    def _chosen(self, renewal_id: str, name: DocumentName) -> DraftScan:
        scan = self._store.read(renewal_id).scans.get(name)
        if scan is None:
            raise ScanNotChosenError
        return scan

    def _wanted(self, renewal_id: str, name: DocumentName, part: Part) -> bytes:
        """Return the file, or what it was converted to last; ScanNotChosenError."""
        scan = self._chosen(renewal_id, name)
        if part is Part.ORIGINAL:
            return self._store.get(renewal_id, name, part)
        try:
            return self._store.get(renewal_id, name, Part.OFFERED)
        except ScanNotChosenError:
            if scan.converted is None:
                raise
            return self._store.get(renewal_id, name, part)  # it is used already

    def _keep(
        self,
        renewal_id: str,
        name: DocumentName,
        scan: DraftScan | None,
        parts: Mapping[Part, bytes] = MappingProxyType({}),
    ) -> None:
        draft = self._store.read(renewal_id)
        scans = {each: kept for each, kept in draft.scans.items() if each is not name}
        if scan is not None:
            scans[name] = scan
        after = msgspec.structs.replace(draft, scans=scans)
        self._store.write_with(renewal_id, after, name, parts)
