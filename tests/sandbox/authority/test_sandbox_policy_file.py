"""The policy file: all of the policy, nothing misspelt, the command line before it."""

from __future__ import annotations

import datetime as dt
import shutil

import httpx
import msgspec
import pytest
from sandbox_desk import running_desk, sandbox_cli

from agent.renewals.authorities.ra_protocol import Policy
from sandbox.authority.policy_file import rules_of
from sandbox.authority.rules.behaviour import DEFAULT_POLICY, Issuing, Rules

EVERYTHING = """
approve_after_seconds = 1.5
sms_interval_seconds = 2
retry_after_seconds = 7
lifetime_days = 3
bare_keys = true
issuing = "sm2"
plain_until = 2027-02-01T00:00:00+08:00
[policy]
authority = "广东省电子商务认证有限公司"
earliest_days_before_expiry = 60
latest_days_after_expiry = 365
dossier = "always"
required_fields = ["id_number", "name", "email"]
required_documents = ["authorisation_letter"]
document_formats = ["image/png"]
document_max_bytes = 2048
review_working_days = 5
sms = false
key_types = ["ec:secp256r1", "rsa:3072"]
signing_key_types = ["sm2", "rsa:3072"]
container_key_transport = []
encryption_certificate = false
encryption_key_type = "rsa:3072"
key_transport = ["rsaes-oaep"]
retire_old = "delete"
licence = false
message_version = 1
"""


def test_an_empty_file_changes_nothing():
    assert rules_of("") == Rules()


def test_everything_of_the_policy_can_be_said():
    rules = rules_of(EVERYTHING)
    policy = rules.policy
    unchanged = [
        name
        for name in Policy.__struct_fields__
        if getattr(policy, name) == getattr(Policy(authority="as it is"), name)
    ]
    own = ["encryption_certificate", "container_key_transport", "licence", "message_version"]
    assert unchanged == own  # where the sandbox's own is another
    assert not policy.encryption_certificate
    assert DEFAULT_POLICY.encryption_certificate
    assert policy.key_types == ("ec:secp256r1", "rsa:3072")
    assert rules.approve_after == dt.timedelta(seconds=1.5)
    assert rules.sms_interval == dt.timedelta(seconds=2)
    assert policy.new_key_types == ("sm2", "rsa:3072")
    assert rules.bare_keys
    assert rules.issuing is Issuing.SM2
    assert rules.plain_until == dt.datetime(2027, 1, 31, 16, tzinfo=dt.UTC)
    assert (rules.retry_after, rules.lifetime) == (7, dt.timedelta(days=3))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dossier = 'always'", "dossier"),
        ("[policy]\ndosier = 'always'", "dosier"),
        ("[policy]\ndossier = 'sometimes'", "sometimes"),
        ("[policy]\nkey_types = []", "key_types"),
        ("[policy]\nencryption_key_type = 'ec:secp256r1'", "ec:secp256r1"),
        ("[policy]\nmessage_version = 0", "message_version"),
        ("plain_until = 2027-02-01T00:00:00", "plain_until"),
        ("approve_after_seconds = -1", "approve_after_seconds"),
        ("not toml", "line 1"),
    ],
)
def test_what_it_does_not_know_is_named(text, named):
    with pytest.raises(ValueError, match=named):
        rules_of(text)


def test_a_wrong_file_is_told_at_start_and_nothing_runs(home, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text("[policy]\nsmss = true\n")
    done = sandbox_cli(home, "run", "--policy", str(policy))
    assert done.returncode == 1
    assert "smss" in done.stderr
    assert not home.running.exists()


def test_the_running_authority_says_the_files_policy_and_the_command_line_comes_first(
    made_once, tmp_path
):
    folder = shutil.copytree(made_once.folder, tmp_path / "home")
    policy = tmp_path / "policy.toml"
    policy.write_text(EVERYTHING, encoding="utf-8")
    options = ("--policy", str(policy), "--latest-days-after-expiry", "30")
    with (
        running_desk(folder, *options) as desk,
        httpx.Client(base_url=desk.url, verify=desk.tls()) as http,
    ):
        said = msgspec.json.decode(http.get("/ra/v1/policy").content, type=Policy)
    expected = rules_of(EVERYTHING).policy
    assert said == msgspec.structs.replace(expected, latest_days_after_expiry=30)
