"""What is plugged in, and how it differs from the reading before."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from certificate_maker import make_der, make_sm2_der, thumbprint_of
from shown_tokens import token
from soft_token import LABEL, MODULE, PIN, SoftTokens, type_pin

from agent.ground.bus import EventBus
from agent.tokens.errors import TokenError, TokenMissingError
from agent.tokens.inventory import (
    Inventory,
    TokenInserted,
    TokenRemoved,
    TokensChanged,
)
from agent.tokens.model import ModuleSettings, PinState, TokenReference
from agent.tokens.snapshot import Reading, Snapshot
from agent.tokens.supervisor import pin_session


class Watched:
    """An inventory and the events it caused since they were last looked at."""

    def __init__(self, *modules: ModuleSettings) -> None:
        bus = EventBus()
        self._events = []
        bus.subscribe(self._events.append)
        self.inventory = Inventory(modules, bus)

    async def refresh(self):
        return await self.inventory.refresh()

    def events(self) -> list:
        events, self._events[:] = list(self._events), []
        return events


@pytest.fixture
async def watched(tokens):
    watched = Watched(tokens.settings)
    yield watched
    await watched.inventory.close()


async def test_what_is_there_at_the_start_was_not_plugged_in_just_now(tokens, watched):
    snapshot = await watched.refresh()
    [token] = snapshot.tokens
    assert watched.events() == [
        TokenInserted(token=token.reference, at_start=True),
        TokensChanged(),
    ]
    assert token.reference == await tokens.reference()


async def test_the_workers_load_before_anybody_reads(watched):
    await watched.inventory.get_ready()
    [reader] = watched.inventory.readers
    process = reader.worker._process
    assert not process.has_ended
    assert watched.events() == []
    await watched.refresh()
    assert reader.worker._process is process


@pytest.mark.parametrize("environment", [{"A\0B": "no program can have it"}, {"=": "nor this"}])
async def test_a_worker_that_cannot_be_started_is_told_by_the_reading(environment):
    watched = Watched(ModuleSettings(path=MODULE, environment=environment))
    await watched.inventory.get_ready()
    assert watched.events() == []
    snapshot = await watched.refresh()
    assert [problem.report.code for problem in snapshot.problems] == ["module_not_loaded"]
    await watched.inventory.close()


async def test_nothing_new_is_no_event(watched):
    await watched.refresh()
    watched.events()
    await watched.refresh()
    assert watched.events() == []


async def test_the_same_content_is_the_same_snapshot_and_what_was_found_for_it_still_holds(
    tokens, watched
):
    before = await watched.refresh()
    assert await watched.refresh() is before
    tokens.initialise("SECOND")
    assert await watched.refresh() != before


async def test_a_token_that_appears_is_inserted(tokens, watched):
    await watched.refresh()
    watched.events()
    tokens.initialise("SECOND")
    snapshot = await watched.refresh()
    [second] = [t.reference for t in snapshot.tokens if t.reference.label == "SECOND"]
    assert watched.events() == [TokenInserted(token=second, at_start=False), TokensChanged()]


async def test_a_failure_of_a_moment_pulls_no_token_out(watched, monkeypatch):
    """Another program let the token go between the driver's failure and the look at who has it."""
    before = await watched.refresh()
    watched.events()
    [reader] = watched.inventory.readers
    asked = reader.worker.content
    failures = [TokenError(module=reader.settings.path, reason="CKR_DEVICE_ERROR")]

    async def content():
        if failures:
            raise failures.pop()
        return await asked()

    monkeypatch.setattr(reader.worker, "content", content)
    assert await watched.refresh() == before
    assert watched.events() == []


async def test_a_token_that_is_pulled_out_is_removed_and_comes_back(tokens, watched):
    reference = await tokens.reference()
    await watched.refresh()
    watched.events()
    tokens.pull_out()
    assert (await watched.refresh()).tokens == ()
    assert watched.events() == [TokenRemoved(token=reference), TokensChanged()]
    tokens.plug_in()
    await watched.refresh()
    assert watched.events() == [TokenInserted(token=reference, at_start=False), TokensChanged()]


async def test_a_slot_that_fails_does_not_hide_the_modules_other_tokens(tmp_path):
    # As a removable token SoftHSM's is not read anew, so the one that is gone fails.
    tokens = SoftTokens(tmp_path / "removable", is_removable=True)
    tokens.initialise()
    tokens.initialise("SECOND")
    watched = Watched(tokens.settings)
    try:
        assert len((await watched.refresh()).tokens) == 2
        tokens.pull_out()
        snapshot = await watched.refresh()
    finally:
        await watched.inventory.close()
    assert [token.reference.label for token in snapshot.tokens] == ["SECOND"]


async def test_a_new_certificate_changes_the_list_without_an_insertion(tokens, watched):
    await watched.refresh()
    watched.events()
    der = make_der()
    tokens.write(("01", "sign", der))
    snapshot = await watched.refresh()
    assert watched.events() == [TokensChanged()]
    token, held = snapshot.find(thumbprint_of(der))
    assert token.reference.label == LABEL
    assert (held.key, held.label, held.has_private_key) == (b"\x01", "sign", None)
    assert held.certificate.der == der


async def test_a_wrong_pin_entered_elsewhere_changes_the_list(tokens, watched):
    reference = await tokens.reference()
    await watched.refresh()
    watched.events()
    async with pin_session(tokens.settings, reference) as session:
        assert (await type_pin(session, PIN[::-1])).agent is not None
    [token] = (await watched.refresh()).tokens
    assert token.facts.pin_state is PinState.COUNT_LOW
    assert watched.events() == [TokensChanged()]


@pytest.mark.parametrize("garbage", [b"not a certificate", b"\x30\x82", make_der()[:-1]])
async def test_garbage_among_certificates_is_a_problem_and_hides_nothing(tokens, watched, garbage):
    der = make_der()
    tokens.write(("01", "junk", garbage), ("02", "sign", der), ("03", "junk", garbage))
    snapshot = await watched.refresh()
    [token] = snapshot.tokens
    assert [held.certificate.der for held in token.certificates] == [der]
    assert [p.report.code for p in snapshot.problems] == ["certificate_unreadable"] * 2
    assert all(problem.module == MODULE for problem in snapshot.problems)
    assert [problem.report.message_zh for problem in snapshot.problems] == [
        f"电子钥匙 {LABEL} 中的对象 junk 不是可读的证书: 内容不符合证书格式"
    ] * 2


async def test_an_sm2_certificate_is_listed_like_any_other(tokens, watched, tmp_path):
    der = make_sm2_der(tmp_path)
    tokens.write(("01", "sign", der))
    snapshot = await watched.refresh()
    _, held = snapshot.find(thumbprint_of(der))
    assert held.certificate.algorithm == "SM2"
    assert snapshot.problems == ()


async def test_a_certificate_that_is_not_there_is_not_found(watched):
    assert (await watched.refresh()).find("0" * 64) is None


async def test_a_module_that_fails_is_named_and_the_others_are_listed(tokens, tmp_path):
    missing = str(tmp_path / "vendor.so")
    watched = Watched(ModuleSettings(path=missing), tokens.settings)
    try:
        snapshot = await watched.refresh()
    finally:
        await watched.inventory.close()
    assert [token.reference.label for token in snapshot.tokens] == [LABEL]
    [problem] = snapshot.module_problems
    assert (problem.module, problem.report.code) == (missing, "module_not_loaded")


async def test_tokens_of_a_module_name_the_settings_to_reach_them(tokens, watched):
    [token] = (await watched.refresh()).tokens
    assert watched.inventory.settings_of(token.reference) == tokens.settings


async def test_a_token_of_no_served_module_is_missing(watched):
    elsewhere = TokenReference(module="/other.so", serial="1", label="OTHER")
    with pytest.raises(TokenMissingError, match="OTHER"):
        watched.inventory.settings_of(elsewhere)


async def test_without_modules_there_is_nothing_and_no_event():
    watched = Watched()
    snapshot = await watched.refresh()
    assert (snapshot.tokens, snapshot.problems, watched.events()) == ((), (), [])


async def test_two_readings_at_once_tell_each_token_once(tmp_path):
    tokens = SoftTokens(tmp_path / "other")
    tokens.initialise()
    watched = Watched(tokens.settings)
    try:
        await asyncio.gather(watched.refresh(), watched.refresh())
    finally:
        await watched.inventory.close()
    assert [type(event) for event in watched.events()] == [TokenInserted, TokensChanged]


@pytest.mark.parametrize("modules", [("a", "b"), ("b", "a")])
async def test_a_token_that_another_driver_comes_to_show_was_not_plugged_in_anew(modules):
    watched = Watched()
    certificate = make_der()
    old, new = (token(module, f"KEY OF {module}", module, certificate) for module in modules)
    shown = SimpleNamespace(has_read=True, alarming=Reading(tokens=(new,)))
    watched.inventory.snapshot, watched.inventory.readers = Snapshot(tokens=(old,)), (shown,)
    await watched.inventory._look_together()
    assert watched.events() == [TokensChanged()]
    shown.alarming = Reading()
    await watched.inventory._look_together()
    assert watched.events() == [TokenRemoved(token=new.reference), TokensChanged()]
