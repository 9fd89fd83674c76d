"""The commands of ``odc-agent`` as a person or a script uses them, against a whole real desk."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import docx
import pytest
from applicant import Applicant

from agent.certificates.days import china_date
from agent.cli.ground.outcome import Exit
from agent.ground.clock import utc_now
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Holder

pytestmark = pytest.mark.timeout(90)

TOKEN_KEYS = {
    "label", "serial", "model", "manufacturer", "module", "driver", "slot", "pin_state", "tries_left",
    "tries_most", "is_factory_pin", "free_bytes", "certificates", "present",
}  # fmt: skip
CERTIFICATE_KEYS = {
    "thumbprint", "use", "subject", "organisation", "uscc", "issuer", "serial", "not_before", "not_after",
    "days_left", "status", "text", "algorithm", "has_private_key", "container", "is_current", "pair",
    "renewed_by", "entity_id", "oddities", "damage_text", "chain", "maybe_renewed_by", "is_silenced",
}  # fmt: skip


def test_a_letter_names_the_organisation_of_the_certificate(odc_agent, tmp_path):
    (token,) = json.loads(odc_agent("certs", "--json").stdout)["tokens"]
    thumbprint = token["certificates"][0]["thumbprint"][:16]
    out = tmp_path / "letter.docx"
    done = odc_agent("letter", "export", "--out", str(out), "--thumbprint", thumbprint)
    assert done.returncode == 0
    rows = docx.Document(str(out)).tables[0].rows
    assert [row.cells[1].text for row in rows] == [Holder().organisation, Holder().uscc, "", ""]
    unknown = odc_agent("letter", "export", "--out", str(tmp_path / "b.pdf"), "--thumbprint", "00")
    assert unknown.returncode == 1


def test_certs_as_json_have_exactly_the_promised_keys(odc_agent):
    answer = json.loads(odc_agent("certs", "--json").stdout)
    assert set(answer) == {"tokens", "remembered", "problems"}
    (token,) = answer["tokens"]
    assert set(token) == TOKEN_KEYS
    signing, encryption = token["certificates"]
    assert set(signing) == CERTIFICATE_KEYS
    assert (signing["use"], encryption["use"]) == ("signing", "encryption")
    assert (signing["days_left"], signing["status"]) == (-961, "expired")
    assert signing["uscc"] == Holder().uscc
    assert signing["has_private_key"] is None, "nobody entered a PIN"
    assert [(c["pair"], c["is_current"]) for c in (signing, encryption)] == [(1, True)] * 2
    assert (signing["oddities"], signing["chain"]["state"]) == ([], "trusted")
    assert len(signing["thumbprint"]) == 64
    not_after = dt.datetime.fromisoformat(signing["not_after"])
    assert not_after.utcoffset() == dt.timedelta(0)


def test_a_command_starts_the_agent_where_none_runs(odc_agent):
    first = json.loads(odc_agent("status", "--json").stdout)
    second = json.loads(odc_agent("status", "--json").stdout)
    assert first["pid"] == second["pid"]
    assert first["tokens"] in (0, 1), "it may not have looked yet"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", "签名证书 已过期961天"),
        ("en", "signing certificate expired 961 days ago"),
    ],
)
def test_certs_speak_the_users_language(odc_agent, language, words):
    said = odc_agent("certs", language=language).stdout
    assert words in " ".join(said.split())
    assert f"  深圳市样例有限公司  {Holder().uscc}\n" in said


def test_watch_prints_a_line_for_each_event(desk, odc_agent):
    desk.start_agent("--no-tray")
    command = [sys.executable, "-m", "agent.cli", "watch", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=desk.environment
    ) as watch:
        events = (json.loads(line) for line in watch.stdout)
        with desk.client() as client:
            client.call("tokens.list", {"refresh": True})
            tokens = desk.token_configuration.parent / "tokens"
            # The subscription is in place once its first event is seen: pull until it is.
            puller = threading.Event()
            thread = threading.Thread(target=_pull_and_plug, args=(tokens, client, puller))
            thread.start()
            seen = {}
            while not {"token_removed", "token_inserted", "certificate_seen"} <= set(seen):
                event = next(events)
                seen.setdefault(event["event"], event)
            puller.set()
            thread.join()
        watch.terminate()
    assert seen["token_removed"]["label"] == "ODC-USBKEY"
    assert set(seen["token_inserted"]["token"]) == TOKEN_KEYS
    assert seen["certificate_seen"]["certificate"]["days_left"] == -961


def _pull_and_plug(tokens, client, done):
    pulled = tokens.with_name("pulled")
    while not done.is_set():
        tokens.rename(pulled)
        client.call("tokens.list", {"refresh": True})
        pulled.rename(tokens)
        client.call("tokens.list", {"refresh": True})


def test_renew_goes_from_start_to_end_with_answers_from_stdin(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        Applicant(desk, client)
        renew = _start_renew(desk)
        renew.stdin.write(f"{Holder().pin}\n")
        renew.stdin.flush()
        _answer_sms(desk, renew)
        renew.stdin.write(f"{Holder().pin}\n")
        renew.stdin.close()
        said = renew.stdout.read()
        assert renew.wait(60) == 0, renew.stderr.read()
    today = china_date(utc_now()).isoformat()
    assert said.splitlines()[-3:] == [
        "您的新证书已安装成功!",
        f"营业执照  最近更新日期: {today}  营业执照已更新。",
        f"数字证书  最近更新日期: {today}  您的新证书已安装成功!",
    ]
    renew.stdout.close()
    renew.stderr.close()


def test_the_pin_is_in_no_argument_list_and_no_environment(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        Applicant(desk, client)
        renew = _start_renew(desk)
        renew.stdin.write(f"{Holder().pin}\n")
        renew.stdin.flush()
        _answer_sms(desk, renew)
        ours = [
            p
            for p in Path("/proc").glob("[0-9]*")
            if os.fsencode(desk.folder) in _read(p / "environ")
        ]
        assert len(ours) >= 4, "authority, agent, worker, command"
        for process in ours:
            for file in ("cmdline", "environ"):
                assert Holder().pin.encode() not in _read(process / file)
        renew.kill()
        renew.communicate()


def test_a_wrong_pin_from_a_script_ends_the_command_and_burns_one_try(desk, odc_agent):
    desk.start_agent("--no-tray")
    arguments = (
        "renew",
        "--applicant",
        desk.dossier / "applicant.json",
        "--documents",
        desk.dossier,
    )
    done = odc_agent(*map(str, arguments), "--pin-stdin", stdin="000000\n000000\n000000\n")
    assert done.returncode == 1
    assert "密码错误" in done.stderr
    again = odc_agent(*map(str, arguments), "--pin-stdin", stdin="")
    assert again.returncode == 4, "nothing to answer with: it is said what is needed"
    assert "PIN" in again.stderr


def test_renew_says_what_is_needed_when_nobody_is_there_to_answer(desk, odc_agent):
    desk.start_agent("--no-tray")
    done = odc_agent("renew")
    assert done.returncode == 4
    assert "--applicant" in done.stderr


def test_a_script_renews_with_the_applicant_that_is_kept_and_is_told_what_is_waited_for(
    desk, authority, odc_agent
):
    authority()  # a person reviews
    desk.start_agent("--no-tray")
    renew = ("renew", "--kept-applicant", "--documents", desk.dossier, "--no-wait")
    nobody = odc_agent(*renew)
    assert (nobody.returncode, "odc-agent applicant keep" in nobody.stderr) == (1, True)
    assert odc_agent("applicant", "keep", desk.dossier / "applicant.json").returncode == 0
    sent = odc_agent(*renew, "--pin-stdin", stdin=f"{Holder().pin}\n")
    assert sent.returncode == Exit.REVIEW, sent.stderr
    assert odc_agent(*renew).returncode == Exit.REVIEW
    assert odc_agent("renewal", "show").returncode == Exit.REVIEW


def test_an_incomplete_dossier_names_each_item(desk, odc_agent, tmp_path):
    desk.start_agent("--no-tray")
    applicant = json.loads((desk.dossier / "applicant.json").read_text("utf-8"))
    wrong = tmp_path / "applicant.json"
    wrong.write_text(
        json.dumps({**applicant, "id_number": "440300199001010009", "email": "nobody"})
    )
    (desk.dossier / "id_card_back.jpg").unlink()
    done = odc_agent(
        "renew", "--applicant", str(wrong), "--documents", str(desk.dossier), "--pin-stdin"
    )
    assert done.returncode == 1
    for words in ("证件号码的校验位不正确", "不是有效的 email 地址", "id_card_back: 需要此扫描件"):
        assert words in done.stderr


def test_a_certificate_object_that_is_none_is_a_problem_and_the_others_are_listed(desk, odc_agent):
    garbage = desk.folder / "garbage.der"
    garbage.write_bytes(b"this is no certificate")
    script = _WRITE_GARBAGE.format(pin=Holder().pin)
    subprocess.run(
        [sys.executable, "-c", script, os.fspath(garbage)],
        check=True,
        env={**os.environ, "SOFTHSM2_CONF": str(desk.token_configuration)},
    )
    answer = json.loads(odc_agent("certs", "--json").stdout)
    assert len(answer["tokens"][0]["certificates"]) == 2
    (problem,) = answer["problems"]
    assert problem["code"] == "certificate_unreadable"
    assert problem["message_zh"]


_WRITE_GARBAGE = """
import sys, pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.constants import CertificateType
token = pkcs11.lib("/usr/lib/softhsm/libsofthsm2.so").get_token(token_label="ODC-USBKEY")
with token.open(rw=True, user_pin="{pin}") as session:
    session.create_object({{
        Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True, Attribute.SUBJECT: b"x", Attribute.VALUE: open(sys.argv[1], "rb").read(),
    }})
"""


def _start_renew(desk):
    return subprocess.Popen(
        [
            sys.executable, "-m", "agent.cli", "renew", "--pin-stdin",
            "--applicant", desk.dossier / "applicant.json", "--documents", desk.dossier,
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=desk.environment,
    )  # fmt: skip


def _answer_sms(desk, renew):
    """Type the code once the command says that it was sent."""
    for line in renew.stderr:
        if "短信验证码已发送" in line:
            break
    renew.stdin.write(Outbox(desk.home.outbox).messages()[-1].code + "\n")
    renew.stdin.flush()


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""  # gone meanwhile
