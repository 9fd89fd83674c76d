"""Both certificates of the pair: the encryption key's way onto the token, and what is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from applicant import PIN, Applicant
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import SOFTHSM

_LOOK = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A, ObjectClass as C, Mechanism as M

order = json.load(sys.stdin)
found = {"keys": [], "certificates": [], "opened": []}
token = pkcs11.lib(order["module"]).get_token(token_label=order["label"])
with token.open(user_pin=order["pin"]) as session:
    for kind in (C.PRIVATE_KEY, C.PUBLIC_KEY):
        for key in list(session.get_objects({A.CLASS: kind})):
            facts = {"id": key[A.ID].hex(), "kind": kind.name, "label": key[A.LABEL]}
            if kind is C.PRIVATE_KEY:
                facts |= {n: key[A[n]] for n in ("SENSITIVE", "EXTRACTABLE", "SIGN", "DECRYPT")}
            found["keys"].append(facts)
    for certificate in list(session.get_objects({A.CLASS: C.CERTIFICATE})):
        found["certificates"].append([certificate[A.ID].hex(), certificate[A.VALUE].hex()])
    for key_id, sealed in order["sealed"]:
        wanted = {A.CLASS: C.PRIVATE_KEY, A.ID: bytes.fromhex(key_id)}
        [key] = list(session.get_objects(wanted))
        found["opened"].append(key.decrypt(bytes.fromhex(sealed), mechanism=M.RSA_PKCS).hex())
print(json.dumps(found))
"""


def look(desk, sealed=()) -> dict:
    """Return all keys and certificates of the desk's token, as another program sees them."""
    order = {"module": SOFTHSM, "label": desk.issued["label"], "pin": PIN, "sealed": list(sealed)}
    done = subprocess.run(
        [sys.executable, "-c", _LOOK],
        input=json.dumps(order), capture_output=True, text=True, check=False,
        env={**os.environ, "SOFTHSM2_CONF": os.fspath(desk.token_configuration)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def encryption_certificates(found: dict) -> dict[str, x509.Certificate]:
    """Return the encryption certificates by CKA_ID."""
    parsed = [
        (key_id, x509.load_der_x509_certificate(bytes.fromhex(der)))
        for key_id, der in found["certificates"]
    ]
    usage = x509.KeyUsage
    return {
        key_id: certificate
        for key_id, certificate in parsed
        if certificate.extensions.get_extension_for_class(usage).value.key_encipherment
    }


@pytest.fixture
def governed(desk):
    """Starts the desk's authority anew under a policy."""

    def start(policy: str, times: str = "") -> None:
        desk.end(desk.processes.pop(0))
        file = desk.folder / "authority.toml"
        file.write_text(
            f"approve_after_seconds = 0.2\nretry_after_seconds = 1\n{times}\n[policy]\n{policy}\n"
        )
        url = desk.start_authority("--policy", str(file)).url
        desk.configure_agent(url, extra="[reminders]\nnotifications = false\n")

    return start


def renewed(desk) -> dict:
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        installed = applicant.go_on(applicant.start())
        assert installed["state"] == "installed", installed
    return installed


def test_the_new_encryption_key_opens_what_is_sealed_for_its_certificate_and_so_does_the_old(desk):
    before = look(desk)
    renewed(desk)
    after = look(desk)
    certificates = encryption_certificates(after)
    assert len(certificates) == 2
    [new] = certificates.keys() - encryption_certificates(before).keys()
    secret = os.urandom(20)
    sealed = [
        (key_id, certificate.public_key().encrypt(secret, padding.PKCS1v15()).hex())
        for key_id, certificate in certificates.items()
    ]
    assert look(desk, sealed)["opened"] == [secret.hex()] * 2
    [key] = [k for k in after["keys"] if k["id"] == new and k["kind"] == "PRIVATE_KEY"]
    assert (key["SENSITIVE"], key["EXTRACTABLE"], key["SIGN"]) == (True, False, False)


def test_every_certificate_has_its_key_and_every_key_its_certificate(desk):
    renewed(desk)
    found = look(desk)
    private = sorted(k["id"] for k in found["keys"] if k["kind"] == "PRIVATE_KEY")
    assert private == sorted(key_id for key_id, _ in found["certificates"])
    assert len(private) == 4


def test_without_an_encryption_certificate_a_key_is_made_to_receive_the_new_one(desk):
    before = look(desk)
    [key_id] = encryption_certificates(before)
    der = next(value for i, value in before["certificates"] if i == key_id)
    remove(desk, key_id, der)
    renewed(desk)
    found = look(desk)
    [new] = encryption_certificates(found)
    assert new != key_id
    labels = [k["label"] for k in found["keys"]]
    assert "transport" not in labels, "it has done its work"


def test_an_encryption_key_that_is_gone_is_replaced_all_the_same(desk):
    [(key_id, _)] = encryption_certificates(look(desk)).items()
    remove(desk, key_id)
    renewed(desk)
    assert len(encryption_certificates(look(desk))) == 2


def test_the_old_signing_pair_goes_where_the_policy_wants_it_gone(desk, governed):
    before = look(desk)
    governed('retire_old = "delete"')
    renewed(desk)
    found = look(desk)
    old = {key_id for key_id, _ in before["certificates"]} - encryption_certificates(before).keys()
    assert not old & {key["id"] for key in found["keys"]}
    assert not old & {key_id for key_id, _ in found["certificates"]}
    assert len(encryption_certificates(found)) == 2, "old encryption keys always stay"


def test_an_authority_without_encryption_certificates_renews_the_signing_certificate(
    desk, governed
):
    governed("encryption_certificate = false")
    renewed(desk)
    found = look(desk)
    assert len(encryption_certificates(found)) == 1
    assert len(found["certificates"]) == 3


def test_a_key_that_comes_bare_is_unwrapped_by_the_token(desk, governed):
    governed("", times="bare_keys = true")
    renewed(desk)
    found = look(desk)
    certificates = encryption_certificates(found)
    assert len(certificates) == 2
    sealed = [
        (key_id, certificate.public_key().encrypt(b"secret", padding.PKCS1v15()).hex())
        for key_id, certificate in certificates.items()
    ]
    assert look(desk, sealed)["opened"] == [b"secret".hex()] * 2


def test_what_a_cancelled_renewal_made_is_removed_with_the_next_pin(desk, governed):
    before = {key["id"] for key in look(desk)["keys"]}
    governed("")
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="SMS_CODE")
        client.call("renewals.cancel", {"id": renewal["id"]})
        applicant.wait_for(renewal, "cancelled")
        made = {key["id"] for key in look(desk)["keys"]} - before
        assert made, "no PIN is asked for only to clean up"
        write_sample_dossier(desk.dossier)
        assert applicant.go_on(applicant.start())["state"] == "installed"
    assert not made & {key["id"] for key in look(desk)["keys"]}


def remove(desk, key_id: str, certificate: str | None = None) -> None:
    """Remove a private key from the token, or a certificate and all keys of its CKA_ID."""
    program = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A, ObjectClass as C
order = json.load(sys.stdin)
token = pkcs11.lib(order["module"]).get_token(token_label=order["label"])
with token.open(rw=True, user_pin=order["pin"]) as session:
    for kind in order["kinds"]:
        wanted = {A.CLASS: C[kind], A.ID: bytes.fromhex(order["id"])}
        for found in list(session.get_objects(wanted)):
            found.destroy()
"""
    kinds = ["PRIVATE_KEY"] + (["PUBLIC_KEY", "CERTIFICATE"] if certificate else [])
    order = {"module": SOFTHSM, "label": desk.issued["label"], "pin": PIN, "id": key_id}
    subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(order | {"kinds": kinds}),
        text=True, check=True, env={**os.environ, "SOFTHSM2_CONF": os.fspath(desk.token_configuration)},
    )  # fmt: skip
