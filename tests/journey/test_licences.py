"""The business licence beside a renewal and by itself, against a whole real desk."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from applicant import PIN, Applicant

from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Holder

pytestmark = pytest.mark.timeout(90)

EVERY_TRY = "99"


def spoil(desk, route, kind, times):
    desk.run("sandbox", "faults", "add", route, kind, "--times", times)


def planned(desk):
    return desk.run("sandbox", "faults", "list")


def listed(client):
    """Return the licences once none is being fetched."""
    while (answer := client.call("licences.list"))["updating"]:
        client.next_notification()
    return answer["licences"]


def update(odc_agent, *arguments, stdin=f"{PIN}\n"):
    done = odc_agent("licence", "update", "--json", "--pin-stdin", *arguments, stdin=stdin)
    return done, json.loads(done.stdout or "null")


def test_a_renewal_brings_the_licence_without_another_pin(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        assert client.call("licences.list") == {"licences": [], "updating": []}
        applicant.go_on(renewal, until="SMS_CODE")
        [licence] = listed(client)
        assert (licence["uscc"], licence["error"]) == (Holder().uscc, None)
        assert licence["name"] == licence["organisation"] == Holder().organisation
        assert licence["text"] == "营业执照已更新。"
        assert licence["fetched"] == licence["tried"]
        assert licence["image"] is None
        [with_image] = client.call("licences.list", {"images": True})["licences"]
        assert with_image["image"].startswith("iVBORw0KGgo"), "a PNG in base64"
        assert applicant.go_on(renewal)["state"] == "installed"
        assert listed(client) == [licence], "once is enough for one renewal"


def test_a_licence_that_fails_leaves_the_certificates_renewal_alone(desk, authority):
    authority("--approve-after", "0.2", "--faults")
    desk.start_agent("--no-tray")
    spoil(desk, "GET */licence", "500", EVERY_TRY)
    renew = subprocess.Popen(
        [
            sys.executable, "-m", "agent.cli", "renew", "--pin-stdin",
            "--applicant", desk.dossier / "applicant.json", "--documents", desk.dossier,
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=desk.environment,
    )  # fmt: skip
    with renew:
        renew.stdin.write(f"{PIN}\n")
        renew.stdin.flush()
        for line in renew.stderr:
            if "短信验证码已发送" in line:
                break
        code = Outbox(desk.home.outbox).messages()[-1].code
        renew.stdin.write(f"{code}\n{PIN}\n")
        renew.stdin.close()
        said = renew.stdout.read()
    assert renew.returncode == 0
    licence, certificate = said.splitlines()[-2:]
    assert licence.startswith("营业执照  最近更新日期: ----------  营业执照更新发生异常! ")
    assert certificate.endswith("您的新证书已安装成功!")
    with desk.client() as client:
        client.call("events.subscribe")
        [item] = listed(client)
        assert (item["error"], item["fetched"], item["name"]) == ("authority_unreachable", None, "")
    assert int(planned(desk).split(" x")[1].split()[0]) < int(EVERY_TRY) - 1, "it was asked for"


def test_an_open_application_brings_the_licence_anew_and_nobody_is_asked_for_a_pin(desk, odc_agent):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        applicant.go_on(applicant.start(), until="SMS_CODE")
        [before] = listed(client)
    done = odc_agent("licence", "update")
    assert (done.returncode, done.stderr) == (0, "")
    assert "营业执照已更新。" in done.stdout
    [after] = json.loads(odc_agent("licence", "list", "--json").stdout)["licences"]
    assert after["fetched"] > before["fetched"]


def test_without_an_application_the_token_signs_the_request(desk, odc_agent):
    assert odc_agent("licence", "list").stdout == "尚未更新过营业执照。\n"
    done, licence = update(odc_agent)
    assert done.returncode == 0, done.stderr
    assert (licence["uscc"], licence["error"]) == (Holder().uscc, None)
    shown = odc_agent("licence", "list").stdout
    assert f"{Holder().organisation}  {Holder().uscc}" in shown
    assert "营业执照  最近更新日期: 20" in shown
    assert "法定代表人: 样例" in shown
    in_english = odc_agent("licence", "list", language="en").stdout
    assert "The business licence has been updated." in in_english


def test_a_lost_answer_is_asked_for_again_with_the_same_signature(desk, authority, odc_agent):
    authority("--approve-after", "0.2", "--faults")
    spoil(desk, "POST */licences/*", "cut_after", "2")
    done, licence = update(odc_agent)
    assert (done.returncode, licence["error"]) == (0, None), done.stderr
    assert planned(desk) == "", "both answers were lost"


def test_a_wrong_pin_costs_one_try_and_what_was_fetched_stays(desk, odc_agent):
    _, before = update(odc_agent)
    done, _ = update(odc_agent, stdin=f"000000\n{PIN}\n")
    assert done.returncode == 1
    assert "密码错误" in done.stderr
    [after] = json.loads(odc_agent("licence", "list", "--json").stdout)["licences"]
    assert (after["error"], after["fetched"]) == ("pin_incorrect", before["fetched"])
    assert after["name"] == before["name"]
    [token] = json.loads(odc_agent("pin", "status", "--json").stdout)["tokens"]
    assert token["pin_state"] == "count_low"


def test_nobody_is_asked_for_a_pin_where_no_licences_are_handed_out(desk, authority, odc_agent):
    policy = desk.folder / "authority.toml"
    policy.write_text("[policy]\nlicence = false\n")
    authority("--policy", str(policy))
    done = odc_agent("licence", "update")
    assert done.returncode == 1
    assert done.stderr.endswith("该数字证书服务商不提供营业执照。\n")
    assert json.loads(odc_agent("licence", "list", "--json").stdout)["licences"] == []


def test_it_is_said_what_is_needed_when_nobody_gives_the_pin(odc_agent):
    done = odc_agent("licence", "update")
    assert done.returncode == 4
    assert "PIN" in done.stderr


def test_who_watches_is_told_of_a_licence(desk, odc_agent):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        client.call("events.subscribe")
        update(odc_agent)
        while (event := client.next_notification()["params"])["event"] != "licence":
            pass
    assert event["licence"]["uscc"] == Holder().uscc


def test_no_licence_is_on_disk_in_clear(desk, odc_agent):
    update(odc_agent)
    [file] = (desk.folder / "data" / "licences").iterdir()
    assert file.name == f"{Holder().uscc}.sealed"
    assert "样例".encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
