"""Chains of SM2 certificates: what openssl signs is right, anything else is not."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
from certificate_maker import openssl

from agent.certificates.chain import Chain, ChainState, TrustStore
from agent.certificates.model import Certificate
from agent.certificates.parsing import parse_certificate

NOW = dt.datetime.now(dt.UTC)
DISTID = "distid:1234567812345678"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An SM2 authority and two certificates of one organisation."""
    folder = tmp_path_factory.mktemp("sm2")
    openssl(
        "req", "-x509", "-newkey", "sm2", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-sm3", "-sigopt", DISTID, "-days", "3650", "-subj", "/C=CN/O=SM2 Authority/CN=SM2 CA",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", folder=folder,
    )  # fmt: skip
    openssl(
        "req", "-newkey", "sm2", "-nodes", "-keyout", "leaf.key", "-out", "leaf.pem",
        "-sm3", "-sigopt", DISTID, "-subj", "/C=CN/O=样例/CN=样例", "-utf8", folder=folder,
    )  # fmt: skip
    for number in ("1", "2"):
        openssl(
            "x509", "-req", "-in", "leaf.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-sm3",
            "-sigopt", DISTID, "-vfyopt", DISTID, "-set_serial", number, "-days", "30",
            "-outform", "DER", "-out", f"leaf{number}.der", folder=folder,
        )  # fmt: skip
    openssl("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der", folder=folder)
    return folder


@pytest.fixture(scope="module")
def ca(folder) -> Certificate:
    return parse_certificate((folder / "ca.der").read_bytes())


def chain(der: bytes, *trusted: Certificate) -> Chain:
    [found] = TrustStore(trusted).chains([parse_certificate(der)], NOW)
    return found


def test_a_leaf_of_a_trusted_sm2_ca_is_trusted(folder, ca):
    found = chain((folder / "leaf1.der").read_bytes(), ca)
    assert found.state is ChainState.TRUSTED
    assert [certificate.algorithm for certificate in found.path] == ["SM2", "SM2"]


def test_an_sm2_root_signed_itself(ca):
    assert chain(ca.der).state is ChainState.UNTRUSTED_ROOT


@pytest.mark.parametrize("place", ["serial", "signature"])
def test_a_tampered_certificate_is_refused(folder, ca, place):
    whole = (folder / "leaf1.der").read_bytes()
    if place == "serial":
        tampered = whole.replace(b"\x02\x01\x01", b"\x02\x01\x03", 1)
    else:
        tampered = whole[:-1] + bytes([whole[-1] ^ 1])
    assert tampered != whole
    assert chain(tampered, ca).state is ChainState.BAD_SIGNATURE


def test_a_certificate_by_a_namesake_is_refused(folder, ca, tmp_path):
    openssl(
        "req", "-x509", "-newkey", "sm2", "-nodes", "-keyout", "k", "-out", "ca.der", "-outform",
        "DER", "-sm3", "-sigopt", DISTID, "-subj", "/C=CN/O=SM2 Authority/CN=SM2 CA",
        folder=tmp_path,
    )  # fmt: skip
    namesake = parse_certificate((tmp_path / "ca.der").read_bytes())
    assert namesake.subject == ca.subject
    assert chain((folder / "leaf1.der").read_bytes(), namesake).state is not ChainState.TRUSTED


def test_the_library_is_loaded_only_where_it_is_needed():
    code = "import sys, agent.app, agent.building.whole; sys.exit('gmalg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
