"""Planned faults: each spoils just the answers it names, in just its way."""

from __future__ import annotations

import base64
import shutil
import time

import httpx
import msgspec
import pytest
from key_request_maker import key_identifier, make_key_request, read_answer, spki
from sandbox_desk import HttpRenewal, new_rsa_key, running_desk, sandbox_cli

from agent.renewals.authorities.ra_protocol import Policy
from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.authority.store import Store
from sandbox.faults.planning import Faults

POLICY = "/ra/v1/policy"


@pytest.fixture(scope="module")
def faulty_desk(made_once, tmp_path_factory):
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    with running_desk(folder, "--faults", "--approve-after", "0") as desk:
        yield desk


@pytest.fixture
def http(faulty_desk):
    with httpx.Client(base_url=faulty_desk.url, verify=faulty_desk.tls()) as client:
        yield client


@pytest.fixture
def plan(faulty_desk):
    """Plan a fault; what was not met is forgotten with the test."""
    faults = Faults(Store(faulty_desk.home.database))

    def add(route: str, kind: FaultKind, **terms: float) -> None:
        faults.plan(Fault(route=route, kind=kind, **terms))

    yield add
    assert faults.planned() == []
    faults.clear()


@pytest.fixture
def renewal(faulty_desk, renewal_at) -> HttpRenewal:
    return renewal_at(faulty_desk)


def is_policy(answer: httpx.Response) -> bool:
    return msgspec.json.decode(answer.content, type=Policy).sms


def test_a_status_spoils_as_many_answers_as_were_planned(http, plan):
    plan("GET */policy", FaultKind.STATUS_500, times=2)
    assert [http.get(POLICY).status_code for _ in range(3)] == [500, 500, 200]


def test_503_says_when_to_ask_again(http, plan):
    plan("GET */policy", FaultKind.STATUS_503, seconds=7)
    answer = http.get(POLICY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_faults_wait_for_their_route_and_come_in_order(http, plan):
    plan("POST */complete", FaultKind.STATUS_500)
    plan("GET */policy", FaultKind.STATUS_401)
    plan("* */policy", FaultKind.HTML)
    assert http.get(POLICY).status_code == 401
    assert http.get(POLICY).headers["Content-Type"] == "text/html"
    assert is_policy(http.get(POLICY))
    assert http.post("/ra/v1/applications/x/complete").status_code == 500


@pytest.mark.parametrize(
    ("kind", "applied"), [(FaultKind.CUT_BEFORE, False), (FaultKind.CUT_AFTER, True)]
)
def test_the_connection_is_cut_before_or_after_the_effect(renewal, plan, kind, applied):
    plan("PUT */applications/*", kind)
    # Cut, not left waiting until the client gives up.
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        renewal.apply()
    assert (renewal.call("GET").status_code == 200) is applied


def test_half_a_body_and_then_nothing(http, plan):
    plan("GET */policy", FaultKind.TRUNCATED)
    with http.stream("GET", POLICY) as answer:
        received, length = bytearray(), int(answer.headers["Content-Length"])
        with pytest.raises(httpx.TransportError):
            _read_into(received, answer)
    assert 0 < len(received) < length


@pytest.mark.parametrize("kind", [FaultKind.SLOW, FaultKind.LATE])
def test_a_slow_answer_is_whole_in_the_end(http, plan, kind):
    plan("GET */policy", kind, seconds=0.5)
    started = time.monotonic()
    assert is_policy(http.get(POLICY))
    assert time.monotonic() - started >= 0.5


def test_a_wrong_type_and_no_length(http, plan):
    plan("GET */policy", FaultKind.WRONG_TYPE)
    plan("GET */policy", FaultKind.NO_LENGTH)
    answer = http.get(POLICY)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert is_policy(answer)
    unsaid = http.get(POLICY)
    assert "Content-Length" not in unsaid.headers
    assert is_policy(unsaid)


def test_base64_that_is_wrapped_and_base64_that_is_broken(http, plan):
    plan("GET */cacerts", FaultKind.WRAPPED_BASE64)
    plan("GET */cacerts", FaultKind.BAD_BASE64)
    wrapped, broken, whole = (http.get("/.well-known/est/cacerts").content for _ in range(3))
    assert max(len(line) for line in wrapped.split(b"\r\n")) == 64
    assert base64.b64decode(wrapped) == base64.b64decode(whole)
    assert broken.count(b"*") == 1


def test_the_parts_of_a_server_key_in_the_other_order(renewal, plan):
    recipient = new_rsa_key().public_key()
    renewal.apply(renewal.signed(encryption_recipient=spki(recipient))).raise_for_status()
    renewal.send_scans()
    renewal.call("POST", "/complete").raise_for_status()
    renewal.wait_for("approved")
    renewal.release()
    subject = renewal.holder.certificate.subject
    request = make_key_request(subject, renewal.new_key, key_identifier(recipient))
    usual = renewal.generate_key(request)
    plan("POST */serverkeygen", FaultKind.SWAPPED_PARTS)
    swapped = renewal.generate_key(request)
    assert read_answer(swapped) == read_answer(usual)
    assert usual.content.index(b"server-generated-key") < usual.content.index(b"certs-only")
    assert swapped.content.index(b"server-generated-key") > swapped.content.index(b"certs-only")


def test_a_stale_answer_is_the_one_before(renewal, plan):
    renewal.apply().raise_for_status()
    assert renewal.state() == "open"
    renewal.send_scans()
    renewal.call("POST", "/complete").raise_for_status()
    plan("GET */applications/*", FaultKind.STALE)
    assert renewal.state() == "open"
    assert renewal.state() != "open"


def test_a_duplicate_request_has_its_effect_twice(renewal, plan):
    plan("PUT */applications/*", FaultKind.DUPLICATE)
    assert renewal.apply().json()["state"] == "open"
    renewal.send_scans()
    renewal.call("POST", "/complete").raise_for_status()
    renewal.wait_for("approved")
    plan("POST */sms", FaultKind.DUPLICATE)
    assert renewal.call("POST", "/sms").json()["code"] == "too_soon"


def test_the_command_line_plans_lists_and_clears(faulty_desk, http):
    home = faulty_desk.home
    added = sandbox_cli(home, "faults", "add", "GET */policy", "500", "--times", "9")
    assert added.returncode == 0, added.stderr
    assert http.get(POLICY).status_code == 500
    assert sandbox_cli(home, "faults", "list").stdout == "GET */policy  500  x8  1 s\n"
    sandbox_cli(home, "faults", "clear")
    assert is_policy(http.get(POLICY))


def test_a_sandbox_without_the_switch_never_fails_on_purpose(quick_desk):
    faults = Faults(Store(quick_desk.home.database))
    faults.plan(Fault(route="GET */policy", kind=FaultKind.STATUS_500))
    with httpx.Client(base_url=quick_desk.url, verify=quick_desk.tls()) as http:
        assert is_policy(http.get(POLICY))
    faults.clear()


def _read_into(received: bytearray, answer: httpx.Response) -> None:
    for chunk in answer.iter_raw():
        received += chunk
