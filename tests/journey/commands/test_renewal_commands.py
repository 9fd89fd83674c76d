"""``odc-agent renewal``: each step of a renewal as a command of its own, against a whole real desk."""

from __future__ import annotations

import json
import shutil

import msgspec
import pytest
from applicant import PIN, Applicant

from agent.certificates.china_time import CHINA_STANDARD_TIME
from agent.renewals.authorities.ra_protocol import Manifest
from sandbox.authority.sms import Outbox
from sandbox.authority.store import Store
from sandbox.desk.desk import Holder

pytestmark = pytest.mark.timeout(90)

FAILED, NEEDED, REJECTED, WAITS_FOR_PIN, WAITS_FOR_DOSSIER, IN_REVIEW, WAITS_FOR_CODE = (
    1, 4, 5, 12, 13, 14, 15,
)  # fmt: skip


@pytest.fixture
def reviewed(desk, authority):
    """A desk where a person reviews, and its agent."""
    authority()
    return desk.start_agent("--no-tray")


@pytest.fixture
def started(desk, reviewed):
    """A renewal that waits for its dossier."""
    with desk.client() as client:
        applicant = Applicant(desk, client)
        return applicant.wait_for(applicant.start(), "APPLICANT")


def wait_for(desk, renewal, wanted):
    with desk.client() as client:
        return Applicant(desk, client).wait_for(renewal, wanted)


def manifest(desk, renewal, version):
    with Store(desk.home.database).transaction() as transaction:
        sent = transaction.version(renewal["id"], version)
    return msgspec.json.decode(sent.manifest, type=Manifest)


def submit(desk, odc_agent, *arguments):
    dossier = ("--applicant", desk.dossier / "applicant.json", "--documents", desk.dossier)
    done = odc_agent("renewal", "amend", *arguments, *dossier, "--pin-stdin", stdin=f"{PIN}\n")
    assert done.returncode == IN_REVIEW, done.stderr


def test_a_renewal_goes_from_command_to_command(desk, started, odc_agent):
    assert odc_agent("renewal", "show").returncode == WAITS_FOR_DOSSIER
    submit(desk, odc_agent)
    assert odc_agent("renewal", "show").returncode == IN_REVIEW
    too_early = odc_agent("renewal", "install", "--pin-stdin", stdin=f"{PIN}\n")
    assert too_early.returncode == IN_REVIEW, "said how it stands, no PIN is asked for"

    desk.run("sandbox", "approve", started["id"])
    wait_for(desk, started, "SMS_CODE")
    sent = odc_agent("renewal", "sms", "--send")
    assert sent.returncode == 0
    assert "短信验证码已发送" in sent.stderr
    code = Outbox(desk.home.outbox).messages(started["id"])[-1].code
    wrong = odc_agent("renewal", "sms", "--code-stdin", stdin=f"{(int(code) + 1) % 10**6:06}\n")
    assert wrong.returncode == FAILED
    assert odc_agent("renewal", "show").returncode == WAITS_FOR_CODE
    released = odc_agent("renewal", "sms", "--code-stdin", stdin=f"{code}\n")
    assert released.returncode == WAITS_FOR_PIN, released.stderr

    done = odc_agent("renewal", "install", "--pin-stdin", "--json", stdin=f"{PIN}\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "installed"
    assert odc_agent("renewal", "show").returncode == NEEDED, "none is under way any more"
    shown = odc_agent("renewal", "show", started["id"][:8])
    assert shown.returncode == 0
    assert "您的新证书已安装成功!" in shown.stdout


def test_taken_up_again_it_asks_for_the_code_that_was_sent(desk, started, odc_agent, terminal):
    submit(desk, odc_agent)
    desk.run("sandbox", "approve", started["id"])
    wait_for(desk, started, "SMS_CODE")
    terminal("renew").wait_for("短信验证码:")  # and the terminal is closed
    screen = terminal("renew")
    screen.wait_for("odc-agent renewal sms --send")
    screen.wait_for("短信验证码:")
    (message,) = Outbox(desk.home.outbox).messages(started["id"])
    assert f"{message.sent_at.astimezone(CHINA_STANDARD_TIME):%Y-%m-%d %H:%M}" in screen.shown
    screen.type(message.code)
    screen.wait_for("证书密码")


def test_without_a_token_renew_says_to_plug_it_in(desk, odc_agent):
    shutil.rmtree(desk.folder / "tokens", ignore_errors=True)
    desk.token_configuration.write_text(f"directories.tokendir = {desk.folder / 'none'}\n")
    (desk.folder / "none").mkdir()
    done = odc_agent("renew")
    assert done.returncode == NEEDED
    assert "未插入电子钥匙" in done.stderr
    assert "请插入" in done.stderr


def test_an_amendment_is_only_what_changed(desk, started, odc_agent, tmp_path):
    submit(desk, odc_agent)
    remarks = ("--remark", "address=不完整", "--remark", "authorisation_letter=公章不清晰")
    desk.run("sandbox", "reject", started["id"], *remarks)
    wait_for(desk, started, "rejected")
    shown = odc_agent("renewal", "show")
    assert shown.returncode == REJECTED
    assert "经办人地址 (address): 不完整" in shown.stdout
    assert "(authorisation_letter): 公章不清晰" in shown.stdout

    new = tmp_path / "new.json"
    new.write_text(json.dumps({"address": "深圳市新路2号"}), "utf-8")
    folder = tmp_path / "scans"
    folder.mkdir()
    # Another paper of the dossier will do: it is a scan with another content.
    shutil.copy(desk.dossier / "id_card_front.jpg", folder / "authorisation_letter.jpg")
    done = odc_agent(
        "renewal", "amend", "--applicant", new, "--documents", folder, "--pin-stdin",
        stdin=f"{PIN}\n",
    )  # fmt: skip
    assert done.returncode == IN_REVIEW, done.stderr
    assert "公章不清晰" in done.stderr

    before, after = manifest(desk, started, 1), manifest(desk, started, 2)
    assert after.applicant.address == "深圳市新路2号"
    assert after.applicant.id_number == before.applicant.id_number
    changed = {name for name, d in after.documents.items() if d != before.documents[name]}
    assert changed == {"authorisation_letter"}
    assert after.csr_sha256 == before.csr_sha256, "the same key pair"


def test_nobody_there_to_amend_is_told_the_remarks_and_what_to_give(desk, started, odc_agent):
    submit(desk, odc_agent)
    desk.run("sandbox", "reject", started["id"], "--remark", "=\x1b[2J请重新提交")
    wait_for(desk, started, "rejected")
    done = odc_agent("renewal", "amend")
    assert done.returncode == NEEDED
    assert "�[2J请重新提交" in done.stderr, "the staff's words do nothing to the terminal"
    assert "--documents" in done.stderr


def test_a_person_is_asked_for_the_fields_that_were_remarked_on(desk, started, odc_agent, terminal):
    submit(desk, odc_agent)
    desk.run("sandbox", "reject", started["id"], "--remark", "address=不完整")
    wait_for(desk, started, "rejected")
    screen = terminal("renewal", "amend")
    screen.wait_for("经办人地址 (address): 不完整")
    screen.wait_for("经办人地址: ")
    screen.type("深圳市新路3号")
    screen.wait_for("证书密码(用于签署申请)")
    screen.type(PIN)
    assert screen.end() == IN_REVIEW, screen.shown
    assert manifest(desk, started, 2).applicant.address == "深圳市新路3号"


def test_cancelling_wants_a_yes(desk, started, odc_agent, terminal):
    assert odc_agent("renewal", "cancel").returncode == NEEDED
    for answer in ("", "n"):
        screen = terminal("renewal", "cancel")
        screen.wait_for("[y/N]")
        screen.type(answer)
        assert screen.end() == WAITS_FOR_DOSSIER
    screen = terminal("renewal", "cancel")
    screen.wait_for("[y/N]")
    screen.type("y")
    assert screen.end() == 0
    with desk.client() as client:
        assert client.call("renewals.get", {"id": started["id"]})["state"] == "cancelled"


def test_a_script_cancels_with_yes_and_a_cancelled_renewal_stays_cancelled(started, odc_agent):
    done = odc_agent("renewal", "cancel", started["id"][:6], "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "cancelled"
    assert odc_agent("renewal", "cancel", started["id"], "--yes").returncode == 0
    assert odc_agent("renewal", "show", started["id"]).returncode == FAILED


def test_which_of_several_renewals_is_meant_must_be_said(desk, started, odc_agent):
    desk.issue_token("--expired-days", "10", holder=Holder(organisation="深圳市另一有限公司"))
    other = next(
        c
        for t in json.loads(odc_agent("certs", "--json").stdout)["tokens"]
        for c in t["certificates"]
        if c["use"] == "signing" and c["days_left"] == -10
    )
    begun = odc_agent("renew", "--thumbprint", other["thumbprint"][:12].upper())
    assert begun.returncode == NEEDED, "there is a renewal, and nobody to fill in its dossier"
    unclear = odc_agent("renewal", "show")
    assert unclear.returncode == NEEDED
    assert started["id"] in unclear.stderr
    assert "深圳市另一有限公司" in unclear.stderr
    assert odc_agent("renewal", "show", started["id"][:8]).returncode == WAITS_FOR_DOSSIER


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["renewal", "show"], NEEDED, "没有进行中的更新"),
        (["renewal", "show", "ffffffff"], FAILED, "ffffffff"),
        (["renew", "--thumbprint", "0" * 63], FAILED, "指纹"),
        (["licence", "update", "--thumbprint", "zz"], FAILED, "指纹"),
    ],
)
def test_what_is_not_there_is_said(odc_agent, arguments, code, words):
    done = odc_agent(*arguments)
    assert done.returncode == code
    assert words in done.stderr
