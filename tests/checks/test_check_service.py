"""Checks of tokens and drivers, each by itself: one that fails or hangs keeps none from its answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from certificate_maker import ENCRYPTION, china, ec_key, make_der, make_sm2_der, name
from check_desk import CheckDesk, said
from soft_token import LABEL, MODULE

from agent.checks import service as checks
from agent.checks.model import CheckState, ok
from agent.checks.report import Redactor, names_in, report_text
from agent.checks.service import UnknownCheckError
from agent.checks.table import CHECKS, Check
from agent.ground.language import Language, mark
from agent.tokens.discovery import ConfiguredModule, find_modules
from agent.tokens.model import ModuleSettings

SIGNING = make_der(not_after=china("2026-03-01 23:59:59"))
ENCRYPTING = make_der(not_after=china("2026-03-01 23:59:59"), usage=ENCRYPTION)
EXPIRED = make_der(not_after=china("2022-07-20 23:59:59"))
USCC = "91440300MA5DA0000F"


async def test_all_checks_answer_in_their_order_without_a_driver_or_a_token(desk):
    results = await desk.service().run()
    assert [result.check.name for result in results] == [check.name for check in CHECKS]
    assert said(results[0]) == (
        CheckState.FAILED,
        "No token driver was found. Install the token's driver.",
    )
    unknown = {r.check.name for r in results if r.state is CheckState.UNKNOWN}
    assert unknown >= {"pin", "certificates", "keys", "chain", "extension"}


async def test_a_check_nobody_knows_is_refused(desk):
    with pytest.raises(UnknownCheckError):
        await desk.service().run(["pin", "weather"])
    with pytest.raises(UnknownCheckError):
        await desk.service().fix("weather")


async def test_one_that_raises_and_one_that_hangs_are_unknown_and_the_others_go_on(
    desk, monkeypatch
):
    async def raises(_run):
        raise LookupError("a mistake of ours")

    async def hangs(_run):
        await asyncio.Event().wait()

    async def works(_run):
        return [ok(mark("The agent starts at login."))]

    table = (Check("a", "PIN", raises), Check("b", "PIN", hangs), Check("c", "PIN", works))
    monkeypatch.setattr(checks, "CHECKS", table)
    results = await desk.service(seconds=0.2).run()
    assert [said(result) for result in results] == [
        (CheckState.UNKNOWN, "The check itself failed: LookupError: a mistake of ours"),
        (CheckState.UNKNOWN, "No answer within 0 seconds."),
        (CheckState.OK, "The agent starts at login."),
    ]


async def test_checks_run_at_the_same_time(desk, monkeypatch):
    meeting = asyncio.Barrier(3)

    async def meets(_run):
        await meeting.wait()
        return []

    monkeypatch.setattr(checks, "CHECKS", tuple(Check(n, "PIN", meets) for n in "abc"))
    results = await desk.service(seconds=5).run()
    assert [result.state for result in results] == [CheckState.OK] * 3


async def test_a_driver_that_works_and_its_token_that_can_be_read(token_desk, tokens):
    tokens.write(("01", "sign", SIGNING), ("02", "encrypt", ENCRYPTING))
    assert (await token_desk.check("modules")).state is CheckState.OK
    state, text = said(await token_desk.check("token"))
    assert (state, "Certificates: 2." in text) == (CheckState.OK, True)
    assert (await token_desk.check("pin")).state is CheckState.OK


async def test_a_driver_for_another_architecture_is_told_apart(own_folders, tmp_path):
    library = Path(shutil.copy(MODULE, tmp_path / "foreign.so"))
    content = library.read_bytes()
    library.write_bytes(content[:18] + b"\xb7\0" + content[20:])  # EM_AARCH64
    found = find_modules((ConfiguredModule(path=str(library)),))
    async with CheckDesk(discovery=found) as desk:
        state, text = said(await desk.check("modules"))
    assert state is CheckState.FAILED
    assert "another architecture" in text


async def test_a_configured_driver_that_does_not_load_is_named(own_folders, tmp_path):
    async with CheckDesk(ModuleSettings(path=str(tmp_path / "gone.so"))) as desk:
        state, text = said(await desk.check("modules"))
    assert state is CheckState.FAILED
    assert "gone.so" in text


async def test_a_pair_that_is_valid_is_well_and_its_days_are_told(token_desk, tokens):
    tokens.write(("01", "sign", SIGNING), ("02", "encrypt", ENCRYPTING))
    result = await token_desk.check("certificates")
    assert result.text(Language.EN).splitlines() == [
        "signing certificate: 359 days left",
        "encryption certificate: 359 days left",
    ]
    assert result.state is CheckState.OK


async def test_an_expired_certificate_and_a_missing_one_are_told(token_desk, tokens):
    tokens.write(("01", "sign", EXPIRED))
    result = await token_desk.check("certificates")
    assert result.state is CheckState.FAILED
    first, second = result.text(Language.EN).splitlines()
    assert first == "signing certificate: expired 961 days ago"
    assert second.endswith("the encryption certificate is missing.")
    assert "证照更新" in result.advice(Language.ZH)


async def test_an_sm2_key_seen_through_pkcs11_is_not_said_to_be_renewed_here(
    token_desk, tokens, tmp_path
):
    tokens.write(("01", "sign", make_sm2_der(tmp_path)))  # by this clock, not valid yet
    result = await token_desk.check("certificates")
    assert result.state is CheckState.WARNING
    assert "SKF" in result.advice(Language.ZH)
    assert "证照更新" not in result.advice(Language.ZH)


async def test_of_several_tokens_each_line_names_its_own(token_desk, tokens):
    tokens.initialise("second")
    for label in (LABEL, "second"):
        tokens.write(("01", "sign", EXPIRED), ("02", "encrypt", ENCRYPTING), label=label)
    lines = (await token_desk.check("certificates")).text(Language.EN).splitlines()
    assert f"{LABEL}: signing certificate: expired 961 days ago" in lines
    assert "second: signing certificate: expired 961 days ago" in lines


async def test_a_token_without_certificates_is_told(token_desk):
    assert (await token_desk.check("certificates")).state is CheckState.FAILED


async def test_whether_the_keys_are_there_is_unknown_without_a_pin_and_said_so(token_desk, tokens):
    tokens.write(("01", "sign", SIGNING))
    state, text = said(await token_desk.check("keys"))
    assert state is CheckState.UNKNOWN
    assert "cannot be seen without the PIN" in text


async def test_a_chain_is_judged_by_the_trust_store(token_desk, tokens):
    tokens.write(("01", "sign", SIGNING))
    state, text = said(await token_desk.check("chain"))
    assert state is CheckState.WARNING
    assert "missing" in text


async def test_a_token_that_is_pulled_out_is_missed_at_the_next_check(token_desk, tokens):
    assert (await token_desk.check("token")).state is CheckState.OK
    tokens.pull_out()
    assert (await token_desk.check("token")).state is CheckState.FAILED


async def test_the_report_names_nobody(token_desk, tokens, own_folders):
    subject = name(organisation="深圳市样例有限公司", common_name="张三")
    tokens.write(("01", "sign", make_der(subject=subject, key=ec_key("sign"))))
    results = await token_desk.service().run()
    snapshot = token_desk.inventory.snapshot
    [token] = snapshot.tokens
    for language in Language:
        text = report_text(results, language, Redactor(names_in(snapshot, str(own_folders))))
        for private in ("样例", "张三", token.facts.label, token.facts.serial, str(own_folders)):
            assert private not in text
        assert "<token 1>" in text
        assert len(re.findall(r"^\[", text, re.MULTILINE)) == len(CHECKS)


@pytest.mark.parametrize("number", [USCC, "11010519491231002X", "13800138000"])
def test_numbers_of_people_and_organisations_are_left_out_of_a_report(number):
    assert number not in Redactor([])(f"a {number}, b")


def test_a_proxys_password_is_left_out_of_a_report():
    assert Redactor([])("http://user:secret@proxy:3128") == "http://proxy:3128"


async def test_the_last_visit_of_a_browser_is_kept_on_disk(own_folders):
    async with CheckDesk() as desk:
        desk.seen.note()
        desk.now += dt.timedelta(days=3)
    async with CheckDesk() as again:
        assert said(await again.check("extension")) == (
            CheckState.OK,
            "A browser last reached the agent on 2025-03-07.",
        )


async def test_a_damaged_memory_of_browsers_costs_nothing_else(own_folders):
    async with CheckDesk() as desk:
        desk.seen.note()
    [file] = own_folders.rglob("browser-seen.json")
    file.write_bytes(b"{")
    async with CheckDesk() as again:
        assert (await again.check("extension")).state is CheckState.UNKNOWN


async def test_a_driver_that_hangs_is_told_as_such_and_what_it_showed_before_stays(
    token_desk, monkeypatch
):
    await token_desk.inventory.refresh()
    assert (await token_desk.check("modules")).state is CheckState.OK
    monkeypatch.setattr("agent.checks.run.READ_SECONDS", 0.5)
    [reader] = token_desk.inventory.readers
    os.kill(reader.worker._process.pid, signal.SIGSTOP)
    state, text = said(await token_desk.check("modules"))
    assert (state, "does not answer" in text) == (CheckState.FAILED, True)
    assert (await token_desk.check("token")).state is CheckState.OK


async def test_a_wrong_pin_is_known_of_by_the_check(token_desk, tokens):
    wrong = ["pkcs11-tool", "--module", MODULE, "--login", "--pin", "999999", "--list-objects"]
    environment = {**os.environ, **tokens.settings.environment}
    await asyncio.to_thread(subprocess.run, wrong, env=environment, capture_output=True)
    state, text = said(await token_desk.check("pin"))
    assert state is CheckState.WARNING
    assert "wrong PIN" in text
