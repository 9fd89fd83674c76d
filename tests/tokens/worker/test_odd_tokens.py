"""Tokens as they come: crowded, odd, half empty. None of it breaks the list. Needs softhsm2, opensc."""

from __future__ import annotations

import os
import subprocess

import pytest
from certificate_maker import ENCRYPTION, china, make_der, make_sm2_der, name
from der_maker import (
    ALTERNATIVE_NAME,
    BMP,
    GENERALIZED_TIME,
    USUAL_EXTENSIONS,
    UTF8,
    extension,
    make,
    named,
    sequence,
    validity,
)
from soft_token import LABEL, MODULE, PIN

from agent.certificates.model import Oddity
from agent.certificates.pairs import group
from agent.ground.bus import EventBus
from agent.tokens.inventory import Inventory

NOW = china("2025-03-07 12:00:00")
WHOLE = make_der(not_after=china("2030-01-01 00:00:00"))
ODD = {
    "negative serial": make(serial=b"\x02\x01\xe1"),
    "latin-1 in UTF8String": make(subject=named("Müller".encode("latin-1"), UTF8)),
    "BMPString": make(subject=named("样例".encode("utf-16-be"), BMP)),
    "no subject": make(subject=sequence()),
    "10,000 bytes of subject": make(subject=named(b"x" * 10_000)),
    "escape sequence": make(subject=named(b"\x1b[2J\x1b]0;evil\x07")),
    "broken extension": make(extensions=(*USUAL_EXTENSIONS, extension(ALTERNATIVE_NAME, b"x"))),
    "duplicate extension": make(extensions=USUAL_EXTENSIONS * 2),
    "leap second": make(dates=validity(b"20301231235960Z", GENERALIZED_TIME)),
    "year 9999": make(dates=validity(b"99991231235959Z", GENERALIZED_TIME)),
    "year 1": make(dates=validity(b"00010101000000Z", GENERALIZED_TIME)),
    "version 1": make(version=b"", extensions=None),
    "padded with zeros": WHOLE + b"\0" * 500,
}
BROKEN = {
    "cut short": WHOLE[:-1],
    "text": b"-----BEGIN CERTIFICATE-----",
    "a megabyte": b"\xff" * 1_000_000,
    "no end": make(dates=sequence()),
}


@pytest.fixture
async def inventory(tokens):
    inventory = Inventory((tokens.settings,), EventBus())
    yield inventory
    await inventory.close()


async def test_odd_certificates_are_listed_and_broken_ones_named(tokens, inventory):
    objects = [*ODD.values(), *BROKEN.values(), make_der(not_after=NOW)]
    tokens.write(*((f"{i:02x}", "sign", value) for i, value in enumerate(objects, 1)))
    [token] = (await inventory.refresh()).tokens
    assert len(token.certificates) == len(ODD) + 1
    assert len(token.problems) == len(BROKEN)
    assert {problem.report.code for problem in token.problems} == {"certificate_unreadable"}
    listed = {held.key[0]: held.certificate for held in token.certificates}
    for number, kind in enumerate(ODD, 1):
        assert listed[number].not_after.year in (1, 2029, 2030, 9999), kind
    assert Oddity.SERIAL in listed[1].oddities


async def test_an_object_without_a_value_is_named(tokens, inventory):
    tokens.write(("01", "empty", b""), ("02", "sign", WHOLE))
    snapshot = await inventory.refresh()
    [token] = snapshot.tokens
    assert [held.certificate.der for held in token.certificates] == [WHOLE]
    assert [problem.report.code for problem in snapshot.problems] == ["certificate_unreadable"]


async def test_the_same_certificate_twice_is_in_use_once(tokens, inventory):
    tokens.write(("01", "one", WHOLE), ("02", "two", WHOLE), ("02", "two again", WHOLE))
    [token] = (await inventory.refresh()).tokens
    assert len(token.certificates) == 3
    [pair] = group(token.certificates, NOW).pairs
    assert (len(pair.in_use), len(pair.history)) == (1, 2)


async def test_a_key_without_a_certificate_and_one_the_other_way_round(tokens, inventory):
    generate_key(tokens, "09")
    tokens.write(("01", "sign", WHOLE))
    snapshot = await inventory.refresh()
    [token] = snapshot.tokens
    assert [held.key for held in token.certificates] == [b"\x01"]
    assert snapshot.problems == ()


async def test_five_hundred_certificates_of_a_hundred_organisations(tokens, inventory, tmp_path):
    years = [("2023-01-01", "2024-01-01"), ("2024-01-01", "2026-01-01")]
    objects = [
        make_der(
            subject=name(organisation=f"第{number}公司"),
            not_before=china(f"{begin} 00:00:00"),
            not_after=china(f"{end} 23:59:59"),
            **usage,
        )
        for number in range(125)
        for begin, end in years
        for usage in ({}, {"usage": ENCRYPTION})
    ]
    objects[-1] = make_sm2_der(tmp_path)
    tokens.write(*((f"{i:04x}", "c", value) for i, value in enumerate(objects, 1)))
    [token] = (await inventory.refresh()).tokens
    assert len(token.certificates) == 500
    pairs = group(token.certificates, NOW).pairs
    assert len(pairs) == 126
    assert sum(len(pair.history) for pair in pairs) == 249
    assert all(pair.lead.certificate.not_after > NOW for pair in pairs)


def generate_key(tokens, key_id: str) -> None:
    """Let OpenSC make a key pair, which nobody has certified yet."""
    subprocess.run(
        [
            "pkcs11-tool", "--module", MODULE, "--token-label", LABEL, "--login", "--pin", PIN,
            "--keypairgen", "--key-type", "EC:prime256v1", "--id", key_id,
        ],
        env={**os.environ, **tokens.settings.environment},
        check=True,
        capture_output=True,
        timeout=30,
    )  # fmt: skip
