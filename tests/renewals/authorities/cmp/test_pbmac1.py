"""PBMAC1: messages between this program and BouncyCastle, and what openssl makes of the same numbers."""

from __future__ import annotations

import subprocess

import pytest
from cmp_desk import SECRET, header
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.keys.der_writing import integer, object_identifier, octet_string, sequence
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.pbmac1 import (
    MAX_ITERATIONS,
    PBKDF2,
    PBMAC1,
    Pbmac1,
    read_pbmac1,
)
from agent.renewals.authorities.cmp.protection import SharedSecret, mac_kind_of

NEW = SharedSecret("参考号".encode(), "授权码 8d1f".encode(), "pbmac1")
PRFS = {"sha224": 8, "sha256": 9, "sha384": 10, "sha512": 11}
HMAC = "1.2.840.113549.2."


@pytest.mark.parametrize("prf", PRFS.values(), ids=PRFS)
@pytest.mark.parametrize("mac", ["HMACSHA256", "HMACSHA512"])
def test_what_bouncy_castle_protects_is_proved(bouncy_castle, mac, prf):
    made = bouncy_castle.made("cmp-protect", NEW.secret, mac, f"{HMAC}{prf}")
    message = read_message(made)
    assert NEW.has_protected(message)
    assert SharedSecret(b"whoever", NEW.secret).has_protected(message)  # whatever we write
    assert not SharedSecret(b"", b"another").has_protected(message)
    assert mac_kind_of(message) == "pbmac1"


def test_bouncy_castle_proves_what_is_written(bouncy_castle):
    made = NEW.protected(header(), BodyKind.PKICONF, bodies.PKICONF)
    assert bouncy_castle.ask("cmp-verify", made, NEW.secret) == "true"
    assert bouncy_castle.ask("cmp-verify", made, b"another") == "false"


def test_openssl_makes_the_same_mac_of_the_same_numbers():
    """RFC 8018, 7.1.1: a key by PBKDF2, and with that a MAC."""
    mac = Pbmac1(b"salt of it", iterations=2345, prf=f"{HMAC}11", mac=f"{HMAC}10", key_bytes=48)
    derive = [
        "openssl",
        "kdf",
        "-keylen",
        "48",
        "-kdfopt",
        "digest:SHA512",
        "-kdfopt",
        "iter:2345",
        "-binary",
    ]
    options = ["-kdfopt", "pass:a secret", "-kdfopt", "salt:salt of it", "PBKDF2"]
    key = subprocess.run([*derive, *options], capture_output=True, check=True).stdout
    sign = f"openssl dgst -sha384 -mac HMAC -macopt hexkey:{key.hex()} -binary".split()
    made = subprocess.run(sign, input=b"data", capture_output=True, check=True).stdout
    assert mac.over(b"data", b"a secret") == made


@given(
    st.binary(max_size=128), st.integers(1, MAX_ITERATIONS), st.sampled_from([7, 8, 9, 10, 11]),
    st.sampled_from([7, 8, 9, 10, 11]), st.integers(1, 64),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_parameters_are_read_as_they_were_written(salt, iterations, prf, mac, size):
    written_as = Pbmac1(salt, iterations, f"{HMAC}{prf}", f"{HMAC}{mac}", size)
    assert read_pbmac1(written_as.der) == written_as


def test_what_is_left_out_is_as_the_standard_has_it():
    derivation = sequence(object_identifier(PBKDF2), sequence(octet_string(b"s"), integer(9)))
    mac = sequence(object_identifier(f"{HMAC}11"))
    found = read_pbmac1(sequence(object_identifier(PBMAC1), sequence(derivation, mac)))
    assert (found.prf, found.key_bytes) == (f"{HMAC}7", 64)


@pytest.mark.parametrize(
    "mac",
    [
        Pbmac1(b"salt", iterations=MAX_ITERATIONS + 1),
        Pbmac1(b"salt", iterations=0),
        Pbmac1(b"s" * 1000),
        Pbmac1(b"salt", key_bytes=0),
        Pbmac1(b"salt", key_bytes=10**6),
        Pbmac1(b"salt", prf="1.2.840.113549.2.5"),
        Pbmac1(b"salt", mac="1.2.840.113549.2.5"),
    ],
)
def test_a_mac_beyond_all_bounds_is_not_worked_at(mac):
    with pytest.raises(ValueError, match="a MAC"):
        read_pbmac1(mac.der)
    part = protected_part(header(algorithm=mac.der), BodyKind.PKICONF, bodies.PKICONF)
    message = read_message(written(part, b"m" * 32))
    assert not SECRET.has_protected(message)
    assert mac_kind_of(message) is None
