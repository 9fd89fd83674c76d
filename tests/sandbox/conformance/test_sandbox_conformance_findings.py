"""The conformance run against a server that breaks the protocol: what it is told, and where it stands.

The server is the sandbox, whose answers a transport bends on their way to the run.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sandbox_desk import certify, held, new_rsa_key, running_desk

from agent.renewals.authorities.ra_protocol import ApplicationState, ProblemCode
from sandbox.conformance.client import Applicant, Holder
from sandbox.conformance.run import Outcome, verdicts
from sandbox.conformance.steps import Renewal
from sandbox.problems import RefusalError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "authorities.md"
PROBLEM = {"Content-Type": "application/problem+json"}
BENDS = {
    "foreign signature": lambda answer: httpx.Response(200, content=answer.content),
    "foreign audience": lambda _: httpx.Response(
        403, headers=PROBLEM, json={"title": "No", "status": 403}
    ),
    "manifest, other types": lambda _: httpx.Response(200, json={}),
    "manifest, bare": lambda _: httpx.Response(200, json={}),
    "licence request as manifest": lambda _: httpx.Response(
        403, headers=PROBLEM, json={"title": "No", "status": 403, "code": "bad_signature"}
    ),
    "licence": lambda answer: httpx.Response(
        200, content=re.sub(rb'"uscc":"\w+"', b'"uscc":"91440300MA5DA0001D"', answer.content)
    ),
    "licence request, other types": lambda _: httpx.Response(200, json={}),
    "licence request, bare": lambda _: httpx.Response(500, text="oops"),
    "manifest as licence request": lambda _: httpx.Response(200, json={}),
    "wrong secret": lambda _: httpx.Response(200, json={}),
    "other bytes": lambda _: httpx.Response(422, html="<p>No"),
    "incomplete": lambda _: httpx.Response(500, text="oops"),
    "not released": lambda _: httpx.Response(202),
    "wrong SMS code": lambda _: httpx.Response(
        403, headers=PROBLEM, json={"title": "No", "status": 403, "code": "unauthorised"}
    ),
    "encryption key first": lambda _: httpx.Response(200),
    "encryption key": lambda _: httpx.Response(401, text="unauthorised"),
    "encryption key again": lambda answer: answer,  # to one that was not told what it was before
    "encryption key in clear": lambda _: httpx.Response(500, text="oops"),
    "enrol again": lambda _: httpx.Response(
        200, headers={"Content-Type": "application/pkcs7-mime"}, text="{}"
    ),
    "installed": lambda _: httpx.Response(
        200, json={"application": "a", "state": "released", "version": 1}
    ),
}
TOLD = {
    "foreign signature": ("HTTP 200, not refused by 4xx", "The manifest"),
    "foreign audience": ("code missing, not wrong_audience", "The manifest"),
    "manifest, other types": ("HTTP 200, not refused by 4xx", "Signed messages"),
    "manifest, bare": ("HTTP 200, not refused by 4xx", "Signed messages"),
    "licence request as manifest": ("code bad_signature, not malformed", "Signed messages"),
    "licence": ("the licence of 91440300MA5DA0001D", "The licence"),
    "licence request, other types": ("HTTP 200, not refused by 4xx", "Signed messages"),
    "licence request, bare": ("HTTP 500, not refused by 4xx", "Signed messages"),
    "manifest as licence request": ("HTTP 200, not refused by 4xx", "Signed messages"),
    "wrong secret": ("HTTP 200, not 401: {}", "The calls"),
    "other bytes": (
        "Content-Type text/html; charset=utf-8, not application/problem+json",
        "The manifest",
    ),
    "incomplete": ("HTTP 500, not refused by 4xx", "Errors"),
    "not released": ("202 without Retry-After", "RFC 7030, 4.2.3"),
    "wrong SMS code": ("code unauthorised, not wrong_code", "Errors"),
    "encryption key first": ("HTTP 200, not refused by 4xx", "The encryption key"),
    "encryption key": ("HTTP 401, not 200: unauthorised", "The encryption key"),
    "encryption key again": ("another key", "The encryption key"),
    "encryption key in clear": ("HTTP 500, not refused by 4xx", "The encryption key"),
    "enrol again": ("the body is not base64", "The manifest"),
    "installed": (ApplicationState.RELEASED, "The calls"),
}


LAST_CALL = {"not released": "/simpleenroll", "wrong SMS code": "/sms/verify"}
"""How the path of the call that is bent ends, in steps of several calls."""


class Bent(httpx.HTTPTransport):
    """Passes on what the server answers, bent in the steps that are to fail."""

    def __init__(self, tls, bends):
        super().__init__(verify=tls)
        self.bends = bends
        self.step = ""

    def handle_request(self, request):
        answer = super().handle_request(request)
        is_meant = request.url.path.endswith(LAST_CALL.get(self.step, ""))
        if self.step not in self.bends or not is_meant:
            return answer
        answer.read()
        return self.bends[self.step](answer)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    with running_desk(folder, "--approve-after", "0", "--key-type", "sm2") as running:
        yield running


@pytest.fixture(scope="module")
def desk_of_before(tmp_path_factory):
    """A sandbox that takes signed messages as version 1 has them."""
    folder = tmp_path_factory.mktemp("before")
    policy = folder / "policy.toml"
    policy.write_text('[policy]\nmessage_version = 1\nsigning_key_types = ["sm2"]\n')
    options = ("--approve-after", "0", "--policy", str(policy))
    with running_desk(folder / "authority", *options) as running:
        yield running


def findings(desk, bends):
    """What failed or was left out: its verdict by the step's name."""
    holder = certify(desk.home, new_rsa_key(), uscc="91440300MA5DA0000F")
    applicant = Applicant(
        desk.url, desk.home.trust_anchor, Holder(holder.certificate, held(holder.key))
    )
    bent = Bent(ssl.create_default_context(cafile=desk.home.trust_anchor), bends)
    applicant.http.close()
    applicant.http = httpx.Client(base_url=desk.url, transport=bent, timeout=30)

    def noted(step):
        def run(applicant):
            bent.step = step.name
            return step.run(applicant)

        return replace(step, run=run)

    renewal = Renewal(wait_seconds=60, sms_code=lambda: desk.code_for(applicant.application))
    steps = tuple(map(noted, renewal.steps()))
    with applicant.http:
        found = {verdict.step.name: verdict for verdict in verdicts(applicant, steps)}
    return {name: verdict for name, verdict in found.items() if verdict.outcome != Outcome.PASSED}


def test_each_breach_is_told_with_what_was_expected_and_where_that_stands(desk):
    found = findings(desk, BENDS)
    assert found.keys() == BENDS.keys()
    for name, (seen, source) in TOLD.items():
        assert seen in found[name].seen
        assert source in found[name].step.source


@pytest.mark.parametrize(
    ("step", "answer", "seen"),
    [
        ("policy", httpx.Response(200, json={}), "missing required field `authority`"),
        ("policy", httpx.Response(401), "HTTP 401, not 200"),
        (
            "cacerts",
            httpx.Response(200, headers={"Content-Type": "application/pkcs7-mime"}, text="AAAA"),
            "the body is no certs-only CMS",
        ),
        ("apply", httpx.Response(201, json={"state": "opened"}), "`$.state`"),
    ],
    ids=["policy-member", "policy-authentication", "cacerts", "state"],
)
def test_what_nothing_goes_without_ends_the_run_there(desk, step, answer, seen):
    found = findings(desk, {step: lambda _: answer})
    failed = [name for name, verdict in found.items() if verdict.outcome is Outcome.FAILED]
    assert failed == [step]
    assert seen in found[step].seen
    assert {verdict.seen for name, verdict in found.items() if name != step} == {f"needs: {step}"}


def test_a_server_that_announces_the_types_and_goes_on_as_before_is_found_out(desk_of_before):
    def announcing(answer):
        said = answer.content.replace(b'"message_version":1', b'"message_version":2')
        return httpx.Response(200, content=said)

    found = findings(desk_of_before, {"policy": announcing})
    failed = {name: verdict for name, verdict in found.items() if verdict.outcome == Outcome.FAILED}
    assert failed.keys() == {
        "foreign audience",
        "manifest, other types",
        "licence",
        "licence request, other types",
        "apply",
    }
    for name in ("manifest, other types", "licence request, other types"):
        assert failed[name].seen == "HTTP 200, not refused by 4xx"


def test_a_server_of_the_version_before_is_not_asked_for_types(desk_of_before):
    found = findings(desk_of_before, {})
    assert {name: verdict.seen for name, verdict in found.items()} == {
        "manifest, other types": "messages of version 1",
        "licence request, other types": "messages of version 1",
    }


def test_every_step_names_a_section_that_is_there():
    headings = set(re.findall(r"^## (.+)", PAGE.read_text("utf-8"), flags=re.MULTILINE))
    steps = Renewal(wait_seconds=0, sms_code=str).steps()
    named = {step.source.removeprefix("authorities.md, ") for step in steps}
    assert {name for name in named if not name.startswith("RFC ")} <= headings


def test_the_page_lists_every_error_with_its_status():
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    refusals = {code: RefusalError(code).problem.status for code in ProblemCode}
    assert {code: int(status) for code, status in rows} == refusals
