"""An authority's services with a clock of our own, over the real database."""

from __future__ import annotations

import datetime as dt

from sandbox_desk import SCANS, RenewalClient, certify

from sandbox.authority.applications import Applications
from sandbox.authority.ca import Authority
from sandbox.authority.enrolment import Enrolment
from sandbox.authority.key_centre import KeyCentre, key_centre_signer
from sandbox.authority.ledger import Ledger
from sandbox.authority.licences import Licences
from sandbox.authority.review import Review
from sandbox.authority.rules.behaviour import Rules
from sandbox.authority.sms import Outbox, SmsCodes
from sandbox.authority.store import Store

URL = "https://127.0.0.1:8443"


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 7, 4, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += dt.timedelta(**delta)


class Office:
    """An authority's services, without the network around them."""

    def __init__(self, home, keys, **rules: object) -> None:
        self.home = home
        self.keys = keys
        self.clock = Clock()
        self.rules = Rules(audiences=frozenset({URL}), **rules)
        self.store = Store(home.database)
        self.outbox = Outbox(home.outbox)
        self.ledger = ledger = Ledger(self.store, self.rules, self.clock)
        self.applications = Applications(ledger)
        self.codes = SmsCodes(ledger, self.outbox)
        self.review = Review(ledger)
        authority = Authority.opened(home, self.clock.now)
        self.enrolment = Enrolment(ledger, authority)
        signer = key_centre_signer(home, authority, self.clock.now)
        self.licences = Licences(ledger)
        self.key_centre = KeyCentre(ledger, authority, signer)

    def certified(self, **certificate: object) -> RenewalClient:
        holder = certify(self.home, self.keys[0], now=self.clock.now, **certificate)
        return RenewalClient(URL, holder, self.keys[1])

    def submitted(self) -> RenewalClient:
        client = self.certified()
        self.applications.apply(client.application, client.secret, client.signed())
        self.bring_scans(client)
        return client

    def bring_scans(self, client: RenewalClient) -> None:
        for name, content in SCANS.items():
            self.applications.store_document(client.application, client.secret, name, content)
        self.applications.complete(client.application, client.secret)

    def approved(self) -> RenewalClient:
        client = self.submitted()
        self.review.approve(client.application)
        return client

    def state(self, client: RenewalClient) -> str:
        return self.applications.status(client.application, client.secret).state

    def send(self, client: RenewalClient) -> str:
        self.codes.send(client.application, client.secret)
        return self.outbox.messages(client.application)[-1].code

    def verify(self, client: RenewalClient, code: str) -> str:
        return self.codes.verify(client.application, client.secret, code).state
