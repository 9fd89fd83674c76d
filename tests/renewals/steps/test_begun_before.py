"""Renewals begun by commit 43f4c2f go on: its journal, its memory of PINs, its tokens.

``tests/renewals/begun_by_43f4c2f`` was made in a checkout of that commit (``git worktree add``, with an
environment of its own) by the script that lies there as ``make.txt``: authority, agent and SoftHSM of that
version, the people invented. Its agent was ended while

- of one token a renewal waited for its second PIN, the policy wanting the old signing pair gone;
- of the other token one had been cancelled after its first PIN, which left three keys, and the next
  waited for its own first PIN, a wrong one having been entered.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from soft_token import Outcome, SoftTokens, type_pin

from agent.ground.bus import EventBus
from agent.renewals.authorities.authority import Credentials
from agent.renewals.authorities.ra import RaAuthority
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.keeping import Keeper
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import open_vault
from agent.renewals.steps.pin_steps import PIN_STEPS
from agent.tokens import protocol
from agent.tokens.model import PinState, TokenReference
from agent.tokens.pin_memory import PinMemory
from agent.tokens.supervisor import pin_session

MADE = Path(__file__).parents[1] / "begun_by_43f4c2f"
PIN = "135792"
NOW = dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)


class SilentAuthority(RaAuthority):
    """An authority that is told of installations, and of nothing else."""

    url = "https://ra.example"

    def __init__(self, confirmed: list[str]) -> None:
        self._confirmed = confirmed

    async def confirm_installed(self, credentials: Credentials) -> None:
        self._confirmed.append(credentials.application)


class Left:
    """What that version left behind, and a step of this one."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(MADE, folder / "data")
        self.data = folder / "data"
        self.tokens = SoftTokens(folder / "hsm")
        shutil.copytree(self.data / "tokens", self.tokens.store, dirs_exist_ok=True)
        self.vault = open_vault(self.data / "vault.key")
        self.journal = Journal(self.data / "renewals.sqlite", self.vault)
        scans = ScanStore(self.data / "dossiers", self.vault)
        self.keeper = Keeper(self.journal, scans, EventBus())
        self.confirmed: list[str] = []

    def renewal(self, state: State):
        [found] = [renewal for renewal in self.journal.all() if renewal.state is state]
        return found

    def context(self) -> SimpleNamespace:
        authority = SilentAuthority(self.confirmed)
        return SimpleNamespace(
            enrolment=authority,
            signed=None,
            dossier=authority,
            clock=lambda: NOW,
            save=self.keeper.save,
            save_after_pin=self.keeper.save_after_pin,
            leftovers=self.journal,
        )

    @contextlib.asynccontextmanager
    async def logged_in(self, token: TokenReference):
        async with pin_session(self.tokens.settings, token) as session:
            assert await type_pin(session, PIN) == Outcome(None, None)
            yield session

    async def carry_out(self, renewal):
        """Take the step the renewal waits for a PIN for."""
        async with self.logged_in(renewal.token) as session:
            return await PIN_STEPS[renewal.state](self.context(), renewal, session)

    async def halves(self, token: TokenReference, *keys: bytes) -> list[tuple[bool, bool]]:
        async with self.logged_in(token) as session:
            pairs = [await session.call(protocol.FindKeyPair(key=key)) for key in keys]
        return [(pair.public, pair.private) for pair in pairs]

    async def certificates(self, token: TokenReference) -> set[bytes]:
        listed = (await self.tokens.content()).tokens
        return {
            certificate.value
            for found in listed
            if found.facts.serial == token.serial
            for certificate in found.certificates
        }


@pytest.fixture
def left(tmp_path, short_folder, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    left = Left(tmp_path)
    with closing(left.journal):
        yield left


def test_it_was_a_journal_of_that_version():
    with closing(sqlite3.connect(f"file:{MADE / 'renewals.sqlite'}?mode=ro", uri=True)) as journal:
        assert journal.execute("PRAGMA user_version").fetchone() == (2,)


async def test_the_new_pair_is_installed_and_the_old_signing_pair_goes(left):
    before = left.renewal(State.INSTALLING)
    private, encryption = before.private, before.encryption
    installed = await left.carry_out(before)
    assert installed.state is State.INSTALLED
    assert left.journal.get(before.id).state is State.INSTALLED
    assert left.confirmed == [before.id]
    assert await left.certificates(before.token) == {
        private.new_certificate, private.new_encryption_certificate, private.encryption_certificate,
    }  # fmt: skip
    keys = (before.new_key_id, encryption.key_id, encryption.current_id, before.key_id)
    whole, gone = (True, True), (False, False)
    assert await left.halves(before.token, *keys) == [whole, whole, whole, gone]
    async with left.logged_in(before.token) as session:
        new = x509.load_der_x509_certificate(private.new_encryption_certificate).public_key()
        spki = new.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        proof = protocol.ProveDecryption(key=encryption.key_id, public_key=spki)
        assert await session.call(proof)


async def test_what_was_left_goes_with_the_next_pin_which_signs_the_request(left):
    before = left.renewal(State.SIGNING)
    leftovers = left.journal.leftovers(before.token)
    keys = [leftover.key_id for leftover in leftovers]
    assert len(keys) == 3
    assert (True, True) in await left.halves(before.token, *keys)
    submitted = await left.carry_out(before)
    assert submitted.state is State.SUBMITTED
    assert submitted.private.manifest
    request = x509.load_der_x509_csr(submitted.private.request)
    old = x509.load_der_x509_certificate(before.private.certificate)
    assert (request.is_signature_valid, request.subject) == (True, old.subject)
    assert submitted.encryption.recipient_id == before.encryption.current_id
    assert await left.halves(before.token, before.new_key_id) == [(True, True)]
    assert await left.halves(before.token, *keys) == [(False, False)] * 3
    assert left.journal.leftovers(before.token) == []


def test_a_wrong_pin_is_remembered(left):
    token = left.renewal(State.SIGNING).token
    memory = PinMemory(left.data / "pins.json")
    assert memory.state(token, PinState.OK) is PinState.COUNT_LOW
    assert memory.state(msgspec.structs.replace(token, application="other"), PinState.OK) is (
        PinState.OK
    )


def test_renewals_that_have_ended_are_listed(left):
    assert {renewal.state for renewal in left.journal.all()} == {
        State.INSTALLING, State.SIGNING, State.CANCELLED,
    }  # fmt: skip
