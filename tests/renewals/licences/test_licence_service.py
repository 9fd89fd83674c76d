"""Licences along with an application, against the real sandbox: whose they are, and what is kept."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import closing
from types import SimpleNamespace

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import new_renewal
from sandbox_desk import RenewalClient, certify, new_rsa_key

from agent.certificates.identity_oids import IDENTITY_OIDS
from agent.certificates.parsing import parse_certificate
from agent.ground.bus import EventBus
from agent.ground.clock import utc_now
from agent.ground.held_files import FileHeldError
from agent.renewals.authorities.authority import Credentials
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.authorities.ra import RaAuthority
from agent.renewals.authorities.ra_protocol import LicenceRequest, Policy
from agent.renewals.journal import vault as vault_module
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import PrivatePart, RenewalChanged
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import Vault
from agent.renewals.licences import service as service_module
from agent.renewals.licences.item import LicenceChanged, UsccMissingError
from agent.renewals.licences.service import LicenceService
from agent.renewals.licences.store import LicenceStore
from agent.settings.config import AuthoritySettings, Config
from agent.system.damage import Damages
from agent.tokens.inventory import Inventory
from agent.tokens.model import TokenReference
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions

OURS, ANOTHER = "91440300MA5DA0000F", "91440300MA5DA0001D"


@pytest.fixture
def settings(desk):
    return AuthoritySettings(
        name="sandbox",
        issuers=("CN=Some CA",),
        url=desk.url,
        trust_anchor=desk.home.trust_anchor,
    )


@pytest.fixture
def store(tmp_path, vault):
    return LicenceStore(tmp_path / "licences", vault)


@pytest.fixture
async def office(tmp_path, settings, store, vault):
    """The service, its bus and its journal, without a token."""
    bus = EventBus()
    inventory = Inventory((), bus)
    authorities = Authorities(lambda: Config(authorities=(settings,)))
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        service = LicenceService(
            store=store,
            journal=journal,
            inventory=inventory,
            pins=PinSessions(inventory, PinMemory(tmp_path / "pins.json"), bus),
            authorities=authorities,
            bus=bus,
            clock=utc_now,
            identity_oids=lambda: IDENTITY_OIDS,
        )
        yield service, bus, journal
        await service.close()
    await authorities.close()


async def applied(desk, settings, uscc=OURS):
    """Return what an application's client knows, once the application has arrived."""
    client = RenewalClient(desk.url, certify(desk.home, new_rsa_key(), uscc=uscc), new_rsa_key())
    authority = RaAuthority(settings)
    await authority.submit(Credentials(client.application, client.secret), 1, client.signed())
    await authority.close()
    return client


def renewal_of(client, certificate, **changes):
    der = certificate.public_bytes(Encoding.DER)
    values = {
        "id": client.application,
        "state": State.REVIEWING,
        "policy": Policy(authority="sandbox", licence=True),
        "private": PrivatePart(secret=client.secret, certificate=der),
        "created": utc_now(),
        **changes,
    }
    return new_renewal(**values)


def heard(bus):
    events = asyncio.Queue()
    bus.subscribe(lambda e: events.put_nowait(e.item) if isinstance(e, LicenceChanged) else None)
    return events


async def test_an_application_that_has_arrived_brings_its_licence(desk, settings, office, store):
    _, bus, _ = office
    client = await applied(desk, settings)
    events = heard(bus)
    bus.publish(RenewalChanged(renewal=renewal_of(client, client.holder.certificate)))
    item = await events.get()
    assert (item.uscc, item.error) == (OURS, None)
    assert item.licence.uscc == OURS
    assert store.get(OURS) == item


async def test_a_renewal_that_has_ended_is_followed_no_more(desk, settings, office):
    service, bus, _ = office
    client = await applied(desk, settings)
    events = heard(bus)
    renewal = renewal_of(client, client.holder.certificate)
    bus.publish(RenewalChanged(renewal=renewal))
    await events.get()
    bus.publish(RenewalChanged(renewal=renewal.moved(State.FAILED, utc_now())))
    assert not service._followed
    assert events.empty()


async def test_a_licence_of_another_organisation_is_told_of_and_not_kept(
    desk, settings, office, store
):
    service, _, journal = office
    client = await applied(desk, settings, ANOTHER)
    ours = certify(desk.home, new_rsa_key(), uscc=OURS).certificate
    renewal = journal.add(renewal_of(client, ours))
    item = await service.update(renewal.thumbprint)
    assert (item.error.code, item.licence, item.fetched) == ("licence_of_another", None, None)
    assert ANOTHER in item.error.message_zh
    assert store.get(ANOTHER) is None


async def test_a_certificate_without_a_credit_code_has_no_licence_and_nothing_else_suffers(
    desk, settings, office
):
    service, bus, journal = office
    client = await applied(desk, settings)
    nameless = certify(desk.home, new_rsa_key(), uscc="TEST00000000000000").certificate
    renewal = journal.add(renewal_of(client, nameless))
    events = heard(bus)
    bus.publish(RenewalChanged(renewal=renewal))
    with pytest.raises(UsccMissingError):
        await service.update(renewal.thumbprint)
    assert events.empty()
    assert await service.all() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.SUBMITTED},
        {"state": State.INSTALLED},
        {"is_withdrawing": True},
        {"policy": Policy(authority="sandbox", licence=False)},
        {"policy": None},
    ],
    ids=["on its way", "ended", "withdrawing", "not offered", "no policy yet"],
)
async def test_nothing_is_asked_of_an_application_that_cannot_answer(
    desk, settings, office, changes
):
    service, bus, _ = office
    client = await applied(desk, settings)
    bus.publish(RenewalChanged(renewal=renewal_of(client, client.holder.certificate, **changes)))
    assert service.updating == ()


async def test_two_who_ask_at_once_get_the_same_answer(desk, settings, office):
    service, _, journal = office
    client = await applied(desk, settings)
    renewal = journal.add(renewal_of(client, client.holder.certificate))
    one, other = await asyncio.gather(*(service.update(renewal.thumbprint) for _ in range(2)))
    assert one is other


def make_wrong(journal, renewal):
    """Have the authority refuse what the renewal asks for from now on."""
    wrong = PrivatePart(secret="wrong", certificate=renewal.private.certificate)
    journal.save(renewal.changed(utc_now(), private=wrong))


async def test_a_failure_keeps_the_licence_there_was(desk, settings, office):
    service, _, journal = office
    client = await applied(desk, settings)
    renewal = journal.add(renewal_of(client, client.holder.certificate))
    before = await service.update(renewal.thumbprint)
    make_wrong(journal, renewal)
    after = await service.update(renewal.thumbprint)
    assert (after.licence, after.fetched) == (before.licence, before.fetched)
    assert after.error.code == "authority_refused"
    assert after.tried > before.tried


@pytest.mark.parametrize("error", [FileHeldError("a.sealed"), OSError(5, "Input/output error")])
async def test_one_that_cannot_be_read_for_a_moment_is_not_replaced_by_a_failure(
    desk, settings, office, monkeypatch, error
):
    def refuse(_file):
        raise error

    service, bus, journal = office
    client = await applied(desk, settings)
    renewal = journal.add(renewal_of(client, client.holder.certificate))
    before = await service.update(renewal.thumbprint)
    make_wrong(journal, renewal)
    monkeypatch.setattr(vault_module, "read_whole", refuse)
    assert (await service.update(renewal.thumbprint)).error.code == "not_read"
    assert await service.all() == []
    events = heard(bus)
    bus.publish(RenewalChanged(renewal=journal.get(renewal.id)))
    assert (await events.get()).error.code == "not_read"
    monkeypatch.undo()
    assert await service.all() == [before]


async def test_what_cannot_be_decrypted_counts_as_never_fetched(
    desk, settings, office, store, tmp_path
):
    service, _, journal = office
    client = await applied(desk, settings)
    item = await service.update(
        journal.add(renewal_of(client, client.holder.certificate)).thumbprint
    )
    file = tmp_path / "licences" / f"{item.uscc}.sealed"
    sealed = file.read_bytes()
    damages = Damages()
    assert LicenceStore(tmp_path / "licences", Vault(bytes(32)), damages).all() == []
    [problem] = damages.problems
    assert problem.code == "licence_damaged"
    # With its key back it is read again.
    file.write_bytes(sealed)
    assert store.all() == [item]


async def test_a_disk_that_does_not_take_it_is_said(desk, settings, office, tmp_path):
    service, _, journal = office
    (tmp_path / "licences").write_text("a file where the folder should be")
    client = await applied(desk, settings)
    item = await service.update(
        journal.add(renewal_of(client, client.holder.certificate)).thumbprint
    )
    assert (item.error.code, item.licence) == ("licence_not_kept", None)


class Asking:
    """Gives any PIN that is asked for at once, and keeps what the token is to sign."""

    def __init__(self):
        self.signed = []

    async def call(self, wish):
        self.signed.append(msgspec.json.decode(wish.content, type=LicenceRequest))
        return b"signed"

    async def ask(self, _wish, work, _done):
        await work(self)


@pytest.mark.parametrize("off", [dt.timedelta(days=-3), dt.timedelta(), dt.timedelta(days=400)])
async def test_a_request_has_the_time_of_the_authority_whatever_this_computers_clock_says(
    desk, settings, office, monkeypatch, off
):
    """One of another time it would refuse, and the PIN would have been entered for nothing."""
    service, *_ = office
    certificate = certify(desk.home, new_rsa_key(), uscc=OURS).certificate
    held = SimpleNamespace(
        certificate=parse_certificate(certificate.public_bytes(Encoding.DER)), key=b"\1"
    )
    token = TokenReference(module="/m.so", serial="0", label="x")
    plugged_in = (SimpleNamespace(reference=token), held)
    monkeypatch.setattr(service_module, "find_signing", lambda *_: plugged_in)
    monkeypatch.setattr(service._authorities, "for_certificate", lambda _certificate: settings)
    service._clock, service._pins = lambda: utc_now() + off, Asking()
    await service.update(held.certificate.thumbprint)
    [request] = service._pins.signed
    assert abs(request.created - utc_now()) < dt.timedelta(minutes=1)
