"""Renewals in a journal, and the dossiers that belong to them."""

from __future__ import annotations

from types import SimpleNamespace

from certificate_maker import USCC, make_der, name, utf8_string
from pictures import noise
from renewal_maker import NOW, new_renewal

from agent.certificates.identity_oids import IDENTITY_OIDS
from agent.ground.bus import EventBus
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName, Policy
from agent.renewals.drafts.service import DossierService
from agent.renewals.journal.keeping import Keeper
from agent.renewals.journal.record import PrivatePart
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.service import RenewalService

USCC_OID = "1.2.156.10260.4.1.4"
FRONT, BACK = DocumentName.ID_CARD_FRONT, DocumentName.ID_CARD_BACK
NAME, ADDRESS = ApplicantField.NAME, ApplicantField.ADDRESS
POLICY = Policy(authority="", required_documents=(FRONT, BACK))


def belongs_to(organisation, uscc=USCC, **private):
    """Return what a renewal of that organisation's certificate is made of."""
    extensions = {USCC_OID: utf8_string(uscc)} if uscc else {}
    der = make_der(subject=name(organisation=organisation), extensions=extensions)
    part = PrivatePart(secret="secret", certificate=der, **private)
    return {"organisation": organisation, "policy": POLICY, "private": part}


class Desk:
    """Renewals in a journal, and the dossiers that belong to them."""

    def __init__(self, folder, vault, journal):
        self.folder, bus = folder / "dossiers", EventBus()
        self.scans = ScanStore(self.folder, vault)
        self.keeper = Keeper(journal, self.scans, bus)
        self.renewals = RenewalService(
            journal=journal, scans=self.scans, inventory=None, remembered=None,
            pins=SimpleNamespace(prepare=lambda _: None), authorities=None, bus=bus, clock=lambda: NOW,
        )  # fmt: skip
        self.dossiers = DossierService(
            renewals=self.renewals, folder=self.folder, profile=folder / "applicant", vault=vault,
            identity_oids=lambda: IDENTITY_OIDS,
        )  # fmt: skip

    def begin(self, organisation="甲公司", uscc=USCC, **changes):
        return self.keeper.add(new_renewal(**belongs_to(organisation, uscc) | changes))

    async def fill_in(self, renewal, *documents):
        self.dossiers.write(renewal.id, {NAME: "欧阳经办", ADDRESS: "样例路1号"})
        for document in documents:
            await self.dossiers.choose(
                renewal.id, document, f"{document}-mine.png", PICTURES[document]
            )
        return renewal

    def sent(self, renewal, document):
        """What would be sent."""
        scan = self.dossiers._store.read(renewal.id).scans[document]
        return self.dossiers._content(renewal.id, document, scan)

    def source_of(self, renewal):
        source = self.dossiers.source_of(self.renewals.get(renewal.id))
        return source and source.id


PICTURES = {document: noise("PNG") for document in DocumentName}
