"""A whole SM2 renewal on an SKF token: both pairs in a new container, and the old one as it was."""

from __future__ import annotations

import json

import pytest
from applicant import Applicant
from cryptography import x509

from agent.keys.certified import is_issued_by, key_of
from agent.keys.public_key import PublicKey
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import SKF_NAME, Desk
from sandbox.private_keys import Sm2PrivateKey
from sandbox.skf_token.control import Tell
from sandbox.skf_token.state import Container, Half, load_state

pytestmark = pytest.mark.timeout(180)
KEYS = ("--key-type", "sm2", "--key-type", "rsa:2048")
NO_NOTICES = "[reminders]\nnotifications = false\n"


@pytest.fixture
def desk(short_folder, environment):
    """Authority, SKF token with an SM2 pair that has run out, and a configured agent that does not run."""
    folder = short_folder / "odc"
    folder.mkdir()
    with Desk(folder, environment=environment) as desk:
        url = desk.start_authority("--approve-after", "0.2", "--retry-after", "1", *KEYS).url
        issued = desk.issue_skf_token("--sm2", "--expired-days", "9")
        write_sample_dossier(desk.dossier)
        desk.configure_agent(url, extra=NO_NOTICES, skf=issued)
        yield desk


def containers(desk: Desk) -> list[Container]:
    """Return what is on the token, past the agent and its driver."""
    [application] = load_state(desk.home.folder / "skf-tokens" / f"{SKF_NAME}.json").applications
    return application.containers


def is_whole(half: Half) -> bool:
    """Return whether a certificate is for the key beside it."""
    key = Sm2PrivateKey.of(int.from_bytes(half.private, "big"))
    certificate = x509.load_der_x509_certificate(half.certificate)
    return key_of(certificate) == key.public == PublicKey.from_point(half.public)


def test_both_halves_are_renewed_into_a_container_of_their_own(desk):
    [before] = containers(desk)
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        seen = applicant.go_on(applicant.start())
        assert seen["state"] == "installed", json.dumps(seen, ensure_ascii=False)
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
        days = {
            c["use"]: c["days_left"] for t in tokens for c in t["certificates"] if c["is_current"]
        }
    old, new = containers(desk)
    assert old == before
    roots = x509.load_pem_x509_certificates(desk.home.trust_anchor.read_bytes())
    for half in (new.signing, new.encryption):
        assert is_whole(half)
        certificate = x509.load_der_x509_certificate(half.certificate)
        assert any(is_issued_by(certificate, root) for root in roots)
    assert set(days) == {"signing", "encryption"}
    assert min(days.values()) > 360
    assert desk.ask_skf(Tell()).open_logins == 0
