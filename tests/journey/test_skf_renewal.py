"""A whole renewal on an SKF token: both pairs in a new container, and the old one as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from applicant import Applicant
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key

from agent.keys.certified import is_issued_by, key_of
from agent.keys.public_key import PublicKey
from agent.keys.sm2 import NUMBER_BYTES
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import SKF_NAME, Desk
from sandbox.private_keys import Sm2PrivateKey
from sandbox.skf_token.control import Tell
from sandbox.skf_token.state import Container, Half, load_state

pytestmark = pytest.mark.timeout(180)
KEYS = ("--key-type", "sm2", "--key-type", "rsa:2048")
NO_NOTICES = "[reminders]\nnotifications = false\n"


RSA_ALONE = """\
[policy]
key_types = ["rsa:2048"]
container_key_transport = ["rsa-enveloped-key"]
"""


@pytest.fixture
def desk_of(short_folder, environment):
    """A desk whose SKF token has a pair of some kind that has run out, and an agent that does not run."""
    folder = short_folder / "odc"
    folder.mkdir()
    with Desk(folder, environment=environment) as desk:

        def issued(
            authority: Sequence[str], *kind: str, ends: Sequence[str] = ("--expired-days", "9")
        ) -> Desk:
            options = ("--approve-after", "0.2", "--retry-after", "1", *authority)
            url = desk.start_authority(*options).url
            skf = desk.issue_skf_token(*kind, *ends)
            write_sample_dossier(desk.dossier)
            desk.configure_agent(url, extra=NO_NOTICES, skf=skf)
            return desk

        yield issued


def containers(desk: Desk) -> list[Container]:
    """Return what is on the token, past the agent and its driver."""
    [application] = load_state(desk.home.folder / "skf-tokens" / f"{SKF_NAME}.json").applications
    return application.containers


def is_whole(half: Half) -> bool:
    """Return whether a certificate is for the key beside it."""
    if len(half.private) == NUMBER_BYTES:
        key = Sm2PrivateKey.of(int.from_bytes(half.private, "big")).public
    else:
        private = load_der_private_key(half.private, None)
        key = PublicKey.from_cryptography(private.public_key())
    return key_of(x509.load_der_x509_certificate(half.certificate)) == key


@pytest.mark.parametrize(
    ("before", "after"),
    [("SM2", "SM2"), ("RSA 2048", "SM2"), ("RSA 2048", "RSA 2048")],
)
def test_both_halves_are_renewed_into_a_container_of_their_own(desk_of, tmp_path, before, after):
    policy = tmp_path / "policy.toml"
    policy.write_text(RSA_ALONE, "utf-8")
    authority = KEYS if after == "SM2" else ("--policy", str(policy))
    desk = desk_of(authority, *(("--sm2",) if before == "SM2" else ()))
    [old_container] = containers(desk)
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        seen = applicant.go_on(applicant.start())
        assert seen["state"] == "installed", json.dumps(seen, ensure_ascii=False)
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
        listed = [c for t in tokens for c in t["certificates"] if c["is_current"]]
    assert {c["algorithm"] for c in listed} == {after}
    days = {c["use"]: c["days_left"] for c in listed}
    old, new = containers(desk)
    assert old == old_container
    roots = x509.load_pem_x509_certificates(desk.home.trust_anchor.read_bytes())
    for half in (new.signing, new.encryption):
        assert is_whole(half)
        certificate = x509.load_der_x509_certificate(half.certificate)
        assert any(is_issued_by(certificate, root) for root in roots)
    assert set(days) == {"signing", "encryption"}
    assert min(days.values()) > 360
    assert desk.ask_skf(Tell()).open_logins == 0


def test_what_became_sm2_while_it_was_still_valid_is_not_reminded_of_any_more(desk_of):
    """The old pair stays beside the new one, of another family: nothing but the renewal says it is over."""
    desk = desk_of(KEYS, ends=("--valid-days", "20"))
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        old = applicant.signing_certificate()
        assert client.call("agent.status")["expiring"] == 1
        assert [r["thumbprint"] for r in _reminders(client)] == [old["thumbprint"]]
        done = applicant.go_on(applicant.start())
        assert done["state"] == "installed", json.dumps(done, ensure_ascii=False)
        client.call("tokens.list", {"refresh": True})
        status = client.call("agent.status")
        assert (status["pairs"], status["expiring"], status["worst"]) == (1, 0, "valid")
        desk.pull_skf()
        _wait_for(client, "token_removed")
        desk.plug_skf()  # else an insertion reminds anew
        _wait_for(client, "token_inserted")
        assert len(_reminders(client)) == 1, "that of before"
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
    certificates = [c for t in tokens for c in t["certificates"] if c["use"] == "signing"]
    by_kind = {c["algorithm"]: c for c in certificates}
    assert by_kind["RSA 2048"]["thumbprint"] == old["thumbprint"]
    assert by_kind["RSA 2048"]["renewed_by"] == by_kind["SM2"]["thumbprint"]
    assert by_kind["SM2"]["renewed_by"] is None


def _reminders(client) -> list[dict[str, str]]:
    return client.call("reminders.list")["reminders"]


def _wait_for(client, event: str) -> None:
    while client.next_notification()["params"]["event"] != event:
        pass
