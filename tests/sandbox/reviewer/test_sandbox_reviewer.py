"""The reviewer's page over HTTP: who may see it, what it shows, what it refuses."""

from __future__ import annotations

import re
import shutil

import httpx
import msgspec
import pytest
from key_request_maker import spki
from sandbox_desk import SCANS, HttpRenewal, digest_of, new_rsa_key, running_desk, sandbox_cli

from agent.ground.language import Language
from sandbox.home import RunningSandbox
from sandbox.reviewer.html import element, void
from sandbox.reviewer.texts import FIELDS, STATES
from sandbox.reviewer.texts import SCANS as SCAN_TEXTS

HOSTILE = "<script>alert(1)</script>\"'&"


def browse(running: RunningSandbox, **headers: str) -> httpx.Client:
    origin = running.review_url.rstrip("/")
    return httpx.Client(base_url=origin, headers={"Origin": origin, **headers})


def sign_in(page: httpx.Client, running: RunningSandbox) -> httpx.Client:
    answer = page.post("/login", data={"token": running.review_token})
    assert answer.status_code == 303
    return page


@pytest.fixture
def page(reviewing_desk):
    """A reviewer who signed in, reading English."""
    with browse(reviewing_desk.running, **{"Accept-Language": "en"}) as client:
        yield sign_in(client, reviewing_desk.running)


@pytest.fixture
def submitted(reviewing_desk, renewal_at) -> HttpRenewal:
    renewal = renewal_at(reviewing_desk)
    renewal.submit()
    return renewal


def decide(page: httpx.Client, renewal: HttpRenewal, **form: str) -> httpx.Response:
    data = {"version": "1", **form}
    return page.post(f"/applications/{renewal.application}/decision", data=data)


class TestAccess:
    def test_without_signing_in_there_is_only_the_login(self, reviewing_desk, submitted):
        with browse(reviewing_desk.running) as stranger:
            for path in ("/", f"/applications/{submitted.application}"):
                answer = stranger.get(path)
                assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
            refused = decide(stranger, submitted, decision="approve")
        assert refused.headers["Location"] == "/login"
        assert submitted.state() == "reviewing"

    def test_a_wrong_token_opens_nothing(self, reviewing_desk):
        with browse(reviewing_desk.running) as stranger:
            answer = stranger.post("/login", data={"token": "wrong"})
            assert answer.status_code == 403
            assert "Set-Cookie" not in answer.headers
            assert stranger.get("/").status_code == 303

    def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(self, reviewing_desk):
        with browse(reviewing_desk.running) as reviewer:
            answer = reviewer.post("/login", data={"token": reviewing_desk.running.review_token})
        cookie = answer.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie

    def test_a_page_of_another_port_cannot_decide(self, page, submitted):
        foreign = {"Origin": "http://localhost:8080"}
        path = f"/applications/{submitted.application}/decision"
        answer = page.post(path, data={"version": "1", "decision": "approve"}, headers=foreign)
        assert answer.status_code == 403
        del page.headers["Origin"]
        assert decide(page, submitted, decision="approve").status_code == 403
        assert submitted.state() == "reviewing"

    def test_another_host_name_is_refused(self, page):
        assert page.get("/", headers={"Host": "rebound.example.com:80"}).status_code == 403

    def test_signing_out_ends_it(self, page):
        assert page.post("/logout").status_code == 303
        assert page.get("/").headers["Location"] == "/login"

    def test_no_script_can_run(self, page, submitted):
        for path in ("/", f"/applications/{submitted.application}", "/login", "/reviewer.css"):
            headers = page.get(path).headers
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none';")
            assert "script" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"

    def test_the_language_link_leads_nowhere_else(self, page):
        for back in ("https://example.com", "//example.com", "/\\example.com"):
            answer = page.get("/language/en", params={"back": back})
            assert answer.headers["Location"] == "/"


class TestWhatItShows:
    def test_the_list_names_each_application_and_its_state(self, page, submitted):
        body = page.get("/").text
        assert submitted.application in body
        assert "To be reviewed" in body

    def test_dossier_signature_and_certificate(self, page, submitted):
        body = page.get(f"/applications/{submitted.application}").text
        applicant = submitted.manifest().applicant
        for fact in (applicant.id_number, applicant.name, applicant.address, applicant.email):
            assert fact in body
        assert "The signature is valid" in body
        assert submitted.holder.sha256 in body
        assert "Expired 961 days ago" in body
        assert "No encryption certificate asked for" in body

    def test_the_recipient_of_the_encryption_key(self, page, reviewing_desk, renewal_at):
        renewal = renewal_at(reviewing_desk)
        recipient = spki(new_rsa_key().public_key())
        renewal.apply(renewal.signed(encryption_recipient=recipient)).raise_for_status()
        body = page.get(f"/applications/{renewal.application}").text
        assert "A fresh transport key on the token" in body
        assert "Not uploaded yet" in body

    def test_scans_are_shown_as_the_images_they_are(self, page, submitted):
        body = page.get(f"/applications/{submitted.application}").text
        sources = re.findall(r'<img src="([^"]+)"', body)
        assert len(sources) == len(SCANS)
        answer = page.get(sources[0])
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.content in SCANS.values()

    def test_what_the_applicant_wrote_is_never_markup(self, page, reviewing_desk, renewal_at):
        renewal = renewal_at(reviewing_desk)
        applicant = renewal.manifest().applicant
        written = msgspec.structs.replace(applicant, address=HOSTILE, name=HOSTILE)
        renewal.apply(renewal.signed(applicant=written)).raise_for_status()
        body = page.get(f"/applications/{renewal.application}").text
        assert "<script" not in body
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;" in body

    def test_sms_codes_are_shown(self, page, reviewing_desk, submitted):
        decide(page, submitted, decision="approve")
        submitted.call("POST", "/sms").raise_for_status()
        code = reviewing_desk.code_for(submitted.application)
        assert code in page.get("/").text
        assert code in page.get(f"/applications/{submitted.application}").text

    @pytest.mark.usefixtures("submitted")
    def test_chinese_unless_english_is_asked_for(self, reviewing_desk):
        with browse(reviewing_desk.running, **{"Accept-Language": "de"}) as client:
            assert '<html lang="zh-CN">' in client.get("/login").text
            sign_in(client, reviewing_desk.running)
            assert "待审核" in client.get("/").text
            assert client.get("/language/en?back=/").status_code == 303
            assert "To be reviewed" in client.get("/").text

    def test_an_unknown_application_is_404(self, page):
        assert page.get("/applications/none").status_code == 404


class TestDecisions:
    def test_approve(self, page, submitted):
        assert decide(page, submitted, decision="approve").status_code == 303
        assert submitted.state() == "approved"

    def test_remarks_on_fields_and_scans_reach_the_applicant(self, page, submitted):
        form = {"remark-phone": " 空号 ", "remark-id_card_back": "不清晰", "remark-whole": HOSTILE}
        assert decide(page, submitted, decision="reject", **form).status_code == 303
        status = submitted.call("GET").json()
        assert status["state"] == "rejected"
        assert {remark["item"]: remark["text"] for remark in status["remarks"]} == {
            "phone": "空号", "id_card_back": "不清晰", "": HOSTILE,
        }  # fmt: skip
        body = page.get(f"/applications/{submitted.application}").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
        assert "<script" not in body

    def test_sending_back_without_a_word_is_refused(self, page, submitted):
        answer = decide(page, submitted, decision="reject")
        assert answer.status_code == 409
        assert "Give at least one remark." in answer.text
        assert submitted.state() == "reviewing"

    def test_approving_with_remarks_is_refused_and_they_are_kept(self, page, submitted):
        answer = decide(page, submitted, decision="approve", **{"remark-name": "错字"})
        assert answer.status_code == 409
        assert 'value="错字"' in answer.text
        assert submitted.state() == "reviewing"

    def test_a_decision_is_on_the_version_that_was_seen(self, page, submitted):
        decide(page, submitted, decision="reject", **{"remark-whole": "again"})
        letter = SCANS["authorisation_letter"] + b"clearer"
        changed = {**submitted.manifest().documents, "authorisation_letter": digest_of(letter)}
        body = submitted.signed(version=2, documents=changed)
        submitted.call("PUT", "/versions/2", content=body).raise_for_status()
        submitted.send_scan("authorisation_letter", letter).raise_for_status()
        submitted.call("POST", "/complete").raise_for_status()
        stale = decide(page, submitted, decision="approve")
        assert stale.status_code == 409
        assert "The application has changed." in stale.text
        assert "Remark on the last version: again" in stale.text
        assert decide(page, submitted, decision="approve", version="2").status_code == 303

    def test_what_was_decided_is_not_decided_again(self, page, submitted):
        decide(page, submitted, decision="approve")
        assert decide(page, submitted, decision="approve").status_code == 409
        assert submitted.state() == "approved"


def test_every_word_is_there_in_both_languages():
    for table in (STATES, FIELDS, SCAN_TEXTS):
        for text in table.values():
            assert text(Language.ZH) != text(Language.EN)


def test_html_escapes_whatever_is_not_markup():
    inner = element("b", "<", title='"')
    assert element("p", inner, "&", None, hidden=True, class_=None) == (
        '<p hidden><b title="&quot;">&lt;</b>&amp;</p>'
    )
    assert void("br") == "<br>"


def test_the_token_is_printed_and_new_at_each_start(made_once, tmp_path):
    folder = shutil.copytree(made_once.folder, tmp_path / "home")
    tokens = set()
    for _ in range(2):
        with running_desk(folder) as desk:
            assert desk.process.stdout is not None
            printed = desk.process.stdout.readline().decode()
            assert desk.running.review_token in printed
            tokens.add(desk.running.review_token)
    assert len(tokens) == 2
    assert sandbox_cli(desk.home, "applications").returncode == 0
