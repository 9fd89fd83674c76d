"""The OpenAPI document says what the authority does, and schemathesis finds no difference."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from sandbox_desk import HttpRenewal, certify, running_desk
from starlette.routing import Route

from sandbox.authority.ca import Authority
from sandbox.authority.enrolment import Enrolment
from sandbox.authority.key_centre import KeyCentre, key_centre_signer
from sandbox.authority.ledger import Ledger
from sandbox.authority.rules.behaviour import Rules
from sandbox.authority.rules.days import utc_now
from sandbox.authority.store import Store
from sandbox.home import Home
from sandbox.server.est import Est
from sandbox.server.openapi import OPERATIONS, openapi_document, openapi_json
from sandbox.server.ra import Ra

COPY = Path(__file__).parents[3] / "docs" / "openapi.json"
SCHEMA = schemathesis.openapi.from_dict(openapi_document())
BOUNDED = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,  # the same examples in every run: a failure here is a failure anywhere
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
CHECKS = (
    schemathesis.checks.not_a_server_error,
    schemathesis.specs.openapi.checks.status_code_conformance,
    schemathesis.specs.openapi.checks.content_type_conformance,
    schemathesis.specs.openapi.checks.response_headers_conformance,
    schemathesis.specs.openapi.checks.response_schema_conformance,
)


@schemathesis.serializer("application/pkcs10", "application/pkcs7-mime")
def as_it_is(_context: object, value: object) -> bytes:
    """Bodies that are no JSON are sent as they were generated."""
    return getattr(value, "data", value if isinstance(value, bytes) else str(value).encode())


def test_the_copy_in_the_documentation_is_the_one_that_is_served(quick_desk):
    with httpx.Client(base_url=quick_desk.url, verify=quick_desk.tls()) as http:
        served = http.get("/ra/v1/openapi.json").content
    assert served == openapi_json()
    assert COPY.read_bytes() == served, (
        "write it anew: python -m sandbox.server.openapi > docs/openapi.json"
    )


def test_every_route_is_described_and_nothing_else(home):
    rules, authority = Rules(), Authority.opened(home, utc_now())
    ledger = Ledger(Store(home.database), rules)
    centre = KeyCentre(ledger, authority, key_centre_signer(home, authority, utc_now()))
    est = Est(authority, Enrolment(ledger, authority), centre, rules).routes()
    ra = Ra(rules.policy, None, None, None, 5).routes()  # type: ignore[arg-type] # routes alone
    served = {
        (method.lower(), route.path.replace(":int", ""))
        for route in (*est, *ra)
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    described = {(operation.method, operation.path) for operation in OPERATIONS}
    assert served == described | {("get", "/ra/v1/openapi.json")}


@pytest.fixture(scope="module")
def desk(made_once: Home, tmp_path_factory):
    """A desk of this module's own: what is generated withdraws and amends at will."""
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    with running_desk(folder) as running:
        yield running


@pytest.fixture(scope="module")
def owner(desk, rsa_keys):
    """An application under review, whose owner makes the generated calls."""
    renewal = HttpRenewal(desk, certify(desk.home, rsa_keys[0]), rsa_keys[1])
    with renewal.http:
        renewal.submit()
        yield renewal


def check(case: schemathesis.Case, desk, headers: dict[str, str] | None = None) -> None:
    case.call_and_validate(
        base_url=desk.url,
        verify=str(desk.home.trust_anchor),
        headers=headers,
        checks=CHECKS,
        timeout=20,
    )


@SCHEMA.parametrize()
@BOUNDED
def test_a_stranger_is_answered_as_documented(case, desk):
    check(case, desk)


@SCHEMA.parametrize()
@BOUNDED
def test_an_applications_owner_is_answered_as_documented(case, desk, owner):
    if "application" in case.path_parameters:
        case.path_parameters["application"] = owner.application
    credentials = base64.b64encode(f"{owner.application}:{owner.secret}".encode()).decode()
    check(case, desk, {"Authorization": f"Basic {credentials}"})
