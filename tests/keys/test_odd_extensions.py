"""Extensions that `cryptography` reads not at all: whoever asks for one hears that there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from certificate_maker import make_x509
from cryptography import x509

from agent.keys.certified import extension_of
from agent.keys.der_writing import encoded, sequence
from agent.signing.revocation import crl_urls, needs_no_proof, ocsp_urls

ROOT = Path(__file__).parents[2]
ALTERNATIVE_NAME = "2.5.29.17"
ODD = {
    "x400Address": sequence(encoded(0xA3, sequence())),
    "ediPartyName": sequence(encoded(0xA5, sequence())),
    "no name at all": sequence(encoded(0x05)),
    "no sequence": b"\x04\x00",
    "nothing": b"",
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_an_odd_one_hides_the_others_and_nothing_is_raised(value):
    odd = make_x509(extensions={ALTERNATIVE_NAME: value})
    assert extension_of(odd, x509.KeyUsage) is None
    assert (ocsp_urls(odd), crl_urls(odd), needs_no_proof(odd)) == ([], [], False)


def test_what_can_be_read_is_read():
    plain = make_x509()
    assert extension_of(plain, x509.BasicConstraints) == x509.BasicConstraints(
        ca=False, path_length=None
    )
    assert extension_of(plain, x509.OCSPNoCheck) is None


def test_nobody_asks_for_one_in_another_way():
    files = [*ROOT.glob("agent/**/*.py"), *ROOT.glob("native_host/**/*.py")]
    asking = [f.name for f in files if "get_extension_for_" in f.read_text(encoding="utf-8")]
    assert asking == ["certified.py"]
