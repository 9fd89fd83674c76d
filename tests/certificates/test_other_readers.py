"""A corpus of certificates as old authorities wrote them, read here and by OpenSSL and GnuTLS.

Readers may differ where an authority has not kept to the standard; then it is told (an oddity). What is
told of no fault reads the same everywhere, and whatever end OpenSSL or GnuTLS knows is known here.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from dataclasses import dataclass

import pytest
from der_maker import (
    BMP,
    COMMON_NAME,
    GENERALIZED_TIME,
    IA5,
    NUMERIC,
    ORGANISATION_NAME,
    PRINTABLE,
    TELETEX,
    UNIVERSAL,
    UTC_TIME,
    UTF8,
    attribute,
    make,
    name_of,
    public_key,
    sequence,
    tlv,
)
from other_readers import Reading, read_by_gnutls, read_by_openssl

from agent.certificates.model import Certificate, Oddity
from agent.certificates.parsing import CertificateDamagedError, parse_certificate

COUNT = 500
ENOUGH = COUNT // 10
"""Certificates at least that are compared with a reader: both refuse many a whole."""
KEY = public_key()
NAMES = (
    "深圳市样例有限公司", "杭州喆兴科技有限公司", "北京镕辉贸易有限公司", "上海珺玥文化传播有限公司",
    "廣東樣例電子有限公司", "𠮷野家餐饮有限公司", "Müller Maschinenbau GmbH", "Société Générale",
    "Sample Ltd", "A*B@C, D+E; <F>", " leading", "2025",
)  # fmt: skip
ENCODINGS = (
    (UTF8, "utf-8"), (BMP, "utf-16-be"), (UNIVERSAL, "utf-32-be"), (PRINTABLE, "ascii"),
    (IA5, "ascii"), (NUMERIC, "ascii"), (TELETEX, "ascii"), (TELETEX, "gbk"), (TELETEX, "gb18030"),
    (TELETEX, "latin-1"), (TELETEX, "utf-8"), (UTF8, "gbk"), (UTF8, "latin-1"), (PRINTABLE, "gbk"),
    (PRINTABLE, "utf-8"),
)  # fmt: skip
TIMES = (
    (UTC_TIME, "%y%m%d%H%M%SZ"), (UTC_TIME, "%y%m%d%H%MZ"), (UTC_TIME, "%y%m%d%H%M%S+0800"),
    (UTC_TIME, "%y%m%d%H%M%S"), (GENERALIZED_TIME, "%Y%m%d%H%M%SZ"),
    (GENERALIZED_TIME, "%Y%m%d%H%MZ"), (GENERALIZED_TIME, "%Y%m%d%HZ"),
    (GENERALIZED_TIME, "%Y%m%d%H%M%S.25Z"), (GENERALIZED_TIME, "%Y%m%d%H%M%S-0330"),
    (GENERALIZED_TIME, "%Y%m%d%H%M%S"), (GENERALIZED_TIME, "%y%m%d%H%M%SZ"),
)  # fmt: skip
EPOCH = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
DAYS_OF_UTC_TIME = 79 * 365
DAYS_OF_ALL = 300 * 365


@dataclass(frozen=True)
class Case:
    der: bytes
    made_of: str


def corpus() -> list[Case]:
    """The same certificates in every run: a test fails every time or never."""
    chance = random.Random(20261130)
    return [_case(chance) for _ in range(COUNT)]


def _case(chance: random.Random) -> Case:
    begin, said_begin = _time(chance)
    end, said_end = _time(chance)
    parts, said = [], [said_begin, said_end]
    for kind in (ORGANISATION_NAME, COMMON_NAME):
        text, (tag, codec) = chance.choice(NAMES), chance.choice(ENCODINGS)
        parts.append(attribute(kind, text.encode(codec, "replace"), tag))
        said.append(f"{text} as {codec} under {tag:#x}")
    der = make(subject=name_of(*parts), dates=sequence(begin, end), key=KEY)
    return Case(der, "; ".join(said))


def _time(chance: random.Random) -> tuple[bytes, str]:
    tag, form = chance.choice(TIMES)
    days = chance.randrange(DAYS_OF_UTC_TIME if tag == UTC_TIME else DAYS_OF_ALL)
    text = (EPOCH + dt.timedelta(days, chance.randrange(86_400))).strftime(form)
    return tlv(tag, text.encode()), f"{text} under {tag:#x}"


CORPUS = corpus()
READERS = {"OpenSSL": read_by_openssl, "GnuTLS": read_by_gnutls}


def values(name: str) -> list[str]:
    """Return the values of a name (RFC 4514) without escapes, whatever their order."""
    parts = re.split(r"(?<!\\)[,+]", name)
    return sorted(_plain(part.partition("=")[2]) for part in parts)


def _plain(text: str) -> str:
    pieces = re.findall(r"\\([0-9A-Fa-f]{2})|\\(.)|(.)", text)
    return b"".join(
        bytes.fromhex(byte) if byte else (escaped or plain).encode()
        for byte, escaped, plain in pieces
    ).decode()


def is_dump(name: str) -> bool:
    """Return whether a reader says that it cannot read a value: it shows its bytes."""
    return re.search(r"=\\?#[0-9a-f]+", name) is not None


def differences(ours: Certificate, theirs: Reading) -> list[str]:
    """Return what is read otherwise without being told."""
    found = []
    if Oddity.TIME not in ours.oddities:
        days = ((ours.not_before, theirs.not_before), (ours.not_after, theirs.not_after))
        found += [f"{one} is {other}" for one, other in days if other and one != other]
    told = ours.oddities & {Oddity.TEXT, Oddity.NAME, Oddity.HIDDEN_CHARACTERS}
    if theirs.subject and not is_dump(theirs.subject) and not told:
        one, other = values(ours.subject), values(theirs.subject)
        found += [f"{one} is {other}"] if one != other else []
    return found


@pytest.mark.parametrize("reader", READERS)
def test_dates_and_names_never_differ_silently(reader):
    read, compared = READERS[reader], 0
    for case in CORPUS:
        theirs = read(case.der)
        try:
            ours = parse_certificate(case.der)
        except CertificateDamagedError:
            assert theirs is None or theirs.not_after is None, case.made_of
            continue
        if theirs is not None:
            assert differences(ours, theirs) == [], case.made_of
            compared += 1
    assert compared > ENOUGH


@pytest.mark.parametrize("reader", READERS)
def test_an_end_another_reader_knows_is_the_same_here(reader):
    known = [(case, theirs) for case in CORPUS if (theirs := READERS[reader](case.der))]
    ends = [(case, theirs.not_after) for case, theirs in known if theirs.not_after is not None]
    assert len(ends) > ENOUGH
    for case, end in ends:
        assert parse_certificate(case.der).not_after == end, case.made_of
