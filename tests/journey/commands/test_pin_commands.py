"""``odc-agent pin`` and the tries of a renewal's PIN, as a person at a terminal or a script meets them."""

from __future__ import annotations

import json

import pytest
from applicant import Applicant

from agent.api.client import CallError
from agent.tokens.pin import send_pin
from sandbox.desk.desk import Holder

pytestmark = pytest.mark.timeout(90)

PIN, NEW, WRONG = Holder().pin, "246801", "000000"
LABEL = "ODC-USBKEY"


@pytest.fixture
def desk(lonely_desk):
    """No authority is asked here."""
    return lonely_desk


@pytest.fixture
def running(desk):
    return desk.start_agent("--no-tray")


def serial_of(desk):
    with desk.client() as client:
        [token] = client.call("tokens.list", {"refresh": True})["tokens"]
    return token["serial"]


def remember(desk, state):
    """Let earlier tries have shown ``state``, as a token would that tells it to no fresh process."""
    agent = desk.start_agent("--no-tray")
    serial = serial_of(desk)
    desk.end(agent)
    states = desk.folder / "data" / "pins.json"
    states.write_text(json.dumps({f"{serial} {LABEL}": {"state": state}}))
    desk.start_agent("--no-tray")


def known(odc_agent):
    [token] = json.loads(odc_agent("pin", "status", "--json").stdout)["tokens"]
    return token["pin_state"]


def test_a_script_changes_the_pin_with_two_lines(desk, odc_agent, running):
    done = odc_agent("pin", "change", "--pin-stdin", stdin=f"{PIN}\n{NEW}\n")
    assert (done.returncode, done.stdout) == (0, f"{LABEL} 的 PIN 码已修改。\n"), done.stderr
    again = odc_agent("pin", "change", "--pin-stdin", "--json", stdin=f"{NEW}\n{PIN}\n")
    assert json.loads(again.stdout)["changed"] is True
    log = (desk.folder / "logs" / "agent.log").read_text("utf-8")
    assert f"PIN changed token={LABEL}" in log


def test_a_wrong_old_pin_ends_the_command_and_costs_one_try(odc_agent, running):
    done = odc_agent("pin", "change", "--pin-stdin", stdin=f"{WRONG}\n{NEW}\n{PIN}\n{NEW}\n")
    assert done.returncode == 1
    assert "旧密码错误" in done.stderr
    assert known(odc_agent) == "count_low"
    assert "输错过密码" in odc_agent("pin", "status").stdout


@pytest.mark.parametrize(
    ("new", "words"),
    [("123456", "简单序列"), ("12", "至少 4 个字符"), (PIN, "与旧密码相同")],
)
def test_a_new_pin_against_the_rules_is_never_sent(odc_agent, running, new, words):
    done = odc_agent("pin", "change", "--pin-stdin", stdin=f"{PIN}\n{new}\n")
    assert done.returncode == 1
    assert words in done.stderr
    assert known(odc_agent) == "ok"


@pytest.mark.parametrize(("arguments", "stdin"), [(["--pin-stdin"], ""), ([], f"{PIN}\n{NEW}\n")])
def test_it_is_said_what_is_needed_when_nobody_gives_it(odc_agent, running, arguments, stdin):
    done = odc_agent("pin", "change", *arguments, stdin=stdin)
    assert done.returncode == 4
    assert "--pin-stdin" in done.stderr


def test_a_token_that_is_not_there_is_named(odc_agent, running):
    done = odc_agent("pin", "change", "--token", "别的", "--pin-stdin", stdin=f"{PIN}\n{NEW}\n")
    assert done.returncode == 4
    assert "别的" in done.stderr


def test_a_person_changes_the_pin_after_two_slips(terminal, running):
    change = terminal("pin", "change")
    change.wait_for(f"{LABEL} 的旧密码:")
    change.type(PIN)
    change.wait_for("新密码:")
    change.type("111111")
    change.wait_for("同一个字符的重复")
    change.wait_for("新密码:")
    change.type(NEW)
    change.wait_for("确认新密码:")
    change.type("246802")
    change.wait_for("两次输入的新密码不一致")
    for prompt in ("新密码:", "确认新密码:"):
        change.wait_for(prompt)
        change.type(NEW)
    assert change.end() == 0
    assert "PIN 码已修改" in change.shown
    for secret in (PIN, NEW, "111111", "246802"):
        assert secret not in change.shown, "nothing typed is echoed"


def test_full_width_digits_are_asked_about_before_they_cost_a_try(terminal, odc_agent, running):
    change = terminal("pin", "change")
    change.wait_for("旧密码:")
    change.type("１３５７９２")
    change.wait_for("输入法是否未关闭?")
    change.type("")
    change.wait_for("旧密码:")
    change.type(PIN)
    for prompt in ("新密码:", "确认新密码:"):
        change.wait_for(prompt)
        change.type(NEW)
    assert change.end() == 0
    assert known(odc_agent) == "ok"


def test_a_script_does_not_use_up_the_last_try_unless_it_is_told_to(desk, odc_agent):
    remember(desk, "final_try")
    refused = odc_agent("pin", "change", "--pin-stdin", stdin=f"{PIN}\n{NEW}\n")
    assert refused.returncode == 4
    assert "再输错一次密码将被锁定" in refused.stderr
    assert known(odc_agent) == "final_try"
    done = odc_agent("pin", "change", "--pin-stdin", "--final-try", stdin=f"{PIN}\n{NEW}\n")
    assert done.returncode == 0
    assert known(odc_agent) == "ok"


@pytest.mark.parametrize("answer", ["", "n", "嗯"])
def test_a_person_who_does_not_say_yes_keeps_the_last_try(desk, terminal, odc_agent, answer):
    remember(desk, "final_try")
    change = terminal("pin", "change")
    change.wait_for("是否使用最后一次机会?[y/N]")
    change.type(answer)
    assert change.end() == 4
    assert "旧密码:" not in change.shown
    assert known(odc_agent) == "final_try"


def test_a_person_who_says_yes_may_risk_the_last_try(desk, terminal, odc_agent):
    remember(desk, "final_try")
    change = terminal("pin", "change")
    change.wait_for("是否使用最后一次机会?[y/N]")
    change.type("y")
    change.wait_for("旧密码:")
    change.type(PIN)
    for prompt in ("新密码:", "确认新密码:"):
        change.wait_for(prompt)
        change.type(NEW)
    assert change.end() == 0
    assert known(odc_agent) == "ok"


def test_a_locked_token_leads_to_the_counter_and_back(desk, odc_agent):
    remember(desk, "locked")
    for flags in ([], ["--final-try"]):
        done = odc_agent("pin", "change", "--pin-stdin", *flags, stdin=f"{PIN}\n{NEW}\n")
        assert done.returncode == 4
        assert "备齐资料前往窗口现场办理解锁" in done.stderr
        assert "odc-agent pin unlocked" in done.stderr
    assert odc_agent("pin", "unlocked").returncode == 0
    assert known(odc_agent) == "ok"
    done = odc_agent("pin", "change", "--pin-stdin", stdin=f"{PIN}\n{NEW}\n")
    assert done.returncode == 0


@pytest.mark.usefixtures("answered")
def test_a_renewal_wants_consent_for_the_last_try_too(desk, odc_agent):
    remember(desk, "final_try")
    dossier = (
        "--applicant",
        str(desk.dossier / "applicant.json"),
        "--documents",
        str(desk.dossier),
    )
    refused = odc_agent("renew", *dossier, "--pin-stdin", stdin=f"{PIN}\n")
    assert refused.returncode == 4
    assert "再输错一次密码将被锁定" in refused.stderr
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        signing = applicant.wait_for(renewal, "PIN")
        with pytest.raises(CallError) as error:
            client.call("renewals.pin", {"id": renewal["id"]})
        assert error.value.code == "pin_final_try"
        prompt = client.call("renewals.pin", {"id": renewal["id"], "accept_final_try": True})
        assert (prompt["purpose"], prompt["pin_state"]) == ("submit", "final_try")
        send_pin(prompt["endpoint"], bytearray(PIN.encode()))
        applicant._await_change(signing)
        assert applicant.go_on(renewal)["state"] == "installed"


@pytest.mark.usefixtures("answered")
def test_a_person_is_told_what_a_renewals_pin_is_for(desk, terminal, running):
    renew = terminal(
        "renew", "--applicant", str(desk.dossier / "applicant.json"), "--documents", str(desk.dossier)
    )  # fmt: skip
    renew.wait_for(f"{LABEL} 的证书密码(用于签署申请):")
    renew.type(WRONG)
    renew.wait_for("密码错误")
    renew.wait_for("剩余重试次数")
    renew.wait_for(f"{LABEL} 的证书密码(用于签署申请):")


@pytest.mark.usefixtures("answered")
def test_a_renewal_of_a_locked_token_ends_with_the_way_to_the_counter(desk, terminal):
    remember(desk, "locked")
    renew = terminal(
        "renew", "--applicant", str(desk.dossier / "applicant.json"), "--documents", str(desk.dossier)
    )  # fmt: skip
    assert renew.end() == 4
    assert "备齐资料前往窗口现场办理解锁" in renew.shown
    assert "证书密码(" not in renew.shown


@pytest.mark.parametrize("command", ["change", "status", "unlocked"])
def test_every_pin_command_explains_itself_with_an_example(odc_agent, command):
    said = odc_agent("pin", command, "--help")
    assert said.returncode == 0
    assert f"odc-agent pin {command}" in said.stdout.partition("examples:")[2]


def test_a_changed_pin_is_told_to_who_watches(desk, odc_agent, running):
    with desk.client() as client:
        client.call("events.subscribe")
        odc_agent("pin", "change", "--pin-stdin", stdin=f"{PIN}\n{NEW}\n")
        while (event := client.next_notification()["params"])["event"] != "pin_changed":
            assert PIN not in json.dumps(event)
        assert (event["label"], set(event)) == (LABEL, {"event", "module", "serial", "label"})
