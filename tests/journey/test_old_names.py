"""A name in GBK, as old authorities wrote them into TeletexString, from the list to the new certificate."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest
from applicant import PIN, Applicant
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from der_maker import sequence, tlv

from agent.certificates.names import subject_of
from agent.keys.der import Element, Tag, elements, read_element
from sandbox.authority.rules.records import CertificateUse, IssuedCertificate
from sandbox.authority.store import Store
from sandbox.desk.desk import SOFTHSM, Holder

_REPLACE = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A, ObjectClass as C
from pkcs11.constants import CertificateType

order = json.load(sys.stdin)
token = pkcs11.lib(order["module"]).get_token(token_label=order["label"])
with token.open(rw=True, user_pin=order["pin"]) as session:
    wanted = {A.CLASS: C.CERTIFICATE, A.VALUE: bytes.fromhex(order["old"])}
    [found] = list(session.get_objects(wanted))
    kept = {name: found[name] for name in (A.ID, A.LABEL)}
    found.destroy()
    session.create_object(kept | {
        A.CLASS: C.CERTIFICATE, A.CERTIFICATE_TYPE: CertificateType.X_509, A.TOKEN: True,
        A.PRIVATE: False, A.SUBJECT: bytes.fromhex(order["subject"]),
        A.VALUE: bytes.fromhex(order["new"]),
    })
"""


def as_an_old_authority(desk, der: bytes) -> bytes:
    """Return the certificate with all of its names in GBK, signed again by the sandbox."""
    signed, algorithm, _ = elements(read_element(der).need(Tag.SEQUENCE))
    in_gbk = sequence(*(_in_gbk(rdn) for rdn in elements(_content(subject_of(der)))))
    parts = [part.encoded for part in elements(signed.need(Tag.SEQUENCE))]
    body = sequence(*(in_gbk if part == subject_of(der) else part for part in parts))
    key = load_pem_private_key(desk.home.authority.read_bytes(), None)
    signature = key.sign(body, PKCS1v15(), hashes.SHA256())
    return sequence(body, algorithm.encoded, tlv(Tag.BIT_STRING, b"\0", signature))


def _in_gbk(rdn: Element) -> bytes:
    [attribute] = elements(rdn.need(Tag.SET))
    kind, value = elements(attribute.need(Tag.SEQUENCE))
    text = tlv(Tag.TELETEX_STRING, value.content.decode().encode("gbk"))
    return tlv(Tag.SET, sequence(kind.encoded, text))


def _content(der: bytes) -> bytes:
    return read_element(der).content


@pytest.fixture
def old_name(desk):
    """The desk's token and the authority's records hold such a certificate."""
    store = Store(desk.home.database)
    with store.transaction() as transaction:
        record = transaction.certificate(desk.issued["signing_sha256"])
    der = as_an_old_authority(desk, record.der)
    order = {
        "module": SOFTHSM, "label": desk.issued["label"], "pin": PIN, "old": record.der.hex(),
        "new": der.hex(), "subject": subject_of(der).hex(),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _REPLACE],
        input=json.dumps(order), capture_output=True, text=True, check=False,
        env={**os.environ, "SOFTHSM2_CONF": os.fspath(desk.token_configuration)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with store.transaction() as transaction:
        transaction.add_certificate(
            IssuedCertificate(
                sha256=hashlib.sha256(der).hexdigest(),
                use=CertificateUse.SIGNING,
                organisation=record.organisation,
                uscc=record.uscc,
                phone=record.phone,
                not_after=record.not_after,
                der=der,
            )
        )
    return der


def test_a_pair_whose_names_are_in_gbk_is_renewed_to_the_end(desk, old_name):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        old = applicant.signing_certificate()
        assert old["organisation"] == Holder().organisation
        assert old["thumbprint"] == hashlib.sha256(old_name).hexdigest()
        installed = applicant.go_on(applicant.start())
        assert installed["state"] == "installed", installed
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
    found = {c["thumbprint"]: c for token in tokens for c in token["certificates"]}
    new = found[installed["new_thumbprint"]]
    assert (new["subject"], new["organisation"]) == (old["subject"], old["organisation"])
    assert (new["is_current"], found[old["thumbprint"]]["is_current"]) == (True, False)
    assert new["pair"] == found[old["thumbprint"]]["pair"]
