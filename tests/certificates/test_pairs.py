"""Which certificates belong together, and which of them are in use."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from certificate_maker import (
    ENCRYPTION,
    ORGANISATION,
    SIGNING,
    china,
    make_certificate,
    make_sm2_der,
    name,
)
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from token_maker import Held

from agent.certificates import pairs
from agent.certificates.model import CertificateUse
from agent.certificates.pairs import Grouping, Pair, group
from agent.certificates.parsing import parse_certificate

NOW = china("2025-03-07 12:00:00")
NETCA = name(organisation="NETCA Certificate Authority", common_name="NETCA Organization ClassA CA")
NETCA_NEXT = name(organisation="NETCA Certificate Authority", common_name="CCS NETCA T2 Sub1 CA")
GDCA = name(organisation="GDCA", common_name="GDCA ROOT")


def held(
    begin: str,
    end: str,
    *,
    usage: frozenset[str] | None = SIGNING,
    key_id: bytes = b"\x01",
    has_private_key: bool | None = None,
    **options,
) -> Held:
    """Return a certificate that is valid from one day to another, in the calendar of China."""
    certificate = make_certificate(
        not_before=china(f"{begin} 00:00:00"),
        not_after=china(f"{end} 23:59:59"),
        usage=usage,
        **{"issuer": NETCA, **options},
    )
    return Held(certificate, key_id, has_private_key)


def the_pair(*certificates: Held, now: dt.datetime = NOW) -> Pair[Held]:
    """Return the only pair, whatever order the token lists its certificates in."""
    [pair] = grouped(*certificates, now=now).pairs
    return pair


def grouped(*certificates: Held, now: dt.datetime = NOW) -> Grouping[Held]:
    first = group(certificates, now)
    for seed in range(4):
        shuffled = list(certificates)
        random.Random(seed).shuffle(shuffled)
        assert group(shuffled, now) == first, "the order on the token means nothing"
    return first


def test_signing_and_encryption_certificate_of_a_subject_are_a_pair():
    signing = held("2024-07-01", "2025-07-20")
    encryption = held("2024-07-01", "2025-07-20", usage=ENCRYPTION)
    pair = the_pair(signing, encryption)
    assert (pair.signing, pair.encryption, pair.history) == (signing, encryption, ())
    assert pair.lead is signing
    assert pair.in_use == (signing, encryption)


def test_a_certificate_without_key_usage_is_one_to_sign_with():
    """RFC 5280, 4.2.1.3: without the extension every use is allowed, as in all of version 1."""
    bare = held("2024-07-01", "2025-07-20", usage=None, is_ca=None)
    encryption = held("2024-07-01", "2025-07-20", usage=ENCRYPTION)
    pair = the_pair(bare, encryption)
    assert (pair.signing, pair.encryption) == (bare, encryption)
    assert grouped(bare).others == ()


def test_an_encryption_certificate_alone_leads_its_pair():
    encryption = held("2024-07-01", "2025-07-20", usage=ENCRYPTION)
    pair = the_pair(encryption)
    assert (pair.signing, pair.lead) == (None, encryption)


def test_what_was_renewed_is_history_the_newest_first():
    oldest, older = held("2020-07-01", "2021-07-20"), held("2021-07-01", "2022-07-20")
    current = held("2025-03-01", "2026-03-01")
    pair = the_pair(older, current, oldest)
    assert (pair.signing, pair.history) == (current, (older, oldest))


def test_renewed_early_the_older_one_is_history_though_still_valid():
    older, current = held("2024-04-01", "2025-04-01"), held("2025-03-01", "2026-03-01")
    pair = the_pair(older, current)
    assert (pair.signing, pair.history) == (current, (older,))


def test_of_two_that_have_run_out_the_last_to_end_is_the_one_to_renew():
    older, newer = held("2020-01-01", "2021-01-01"), held("2021-01-01", "2022-01-01")
    pair = the_pair(newer, older)
    assert (pair.signing, pair.history) == (newer, (older,))


def test_a_successor_that_is_not_valid_yet_displaces_nothing():
    current, coming = held("2024-04-01", "2025-04-01"), held("2025-04-02", "2026-04-01")
    pair = the_pair(coming, current)
    assert (pair.signing, pair.successor, pair.history) == (current, coming, ())
    assert pair.all == (current, coming)


def test_on_its_first_day_the_successor_takes_over():
    current, coming = held("2024-04-01", "2025-04-01"), held("2025-04-02", "2026-04-01")
    pair = the_pair(coming, current, now=china("2025-04-02 00:00:00"))
    assert (pair.signing, pair.successor, pair.history) == (coming, None, (current,))


def test_a_successor_of_one_that_has_run_out_is_in_use_before_its_first_day():
    gone, coming = held("2024-01-01", "2025-01-01"), held("2025-04-02", "2026-04-01")
    pair = the_pair(coming, gone)
    assert (pair.signing, pair.successor, pair.history) == (coming, None, (gone,))


def test_a_renewed_signing_certificate_keeps_its_old_encryption_certificate():
    old = held("2021-07-01", "2022-07-20")
    encryption = held("2021-07-01", "2022-07-20", usage=ENCRYPTION)
    renewed = held("2025-03-01", "2026-03-01")
    pair = the_pair(old, encryption, renewed)
    assert (pair.signing, pair.encryption, pair.history) == (renewed, encryption, (old,))


def test_another_subject_is_another_pair():
    mine, theirs = (
        held("2024-07-01", "2025-07-20"),
        held("2024-07-01", "2025-07-20", subject=name(organisation="广州市另一公司")),
    )
    assert {pair.lead for pair in grouped(mine, theirs).pairs} == {mine, theirs}


def test_persons_of_one_organisation_are_pairs_of_their_own():
    people = [
        held("2024-07-01", "2025-07-20", subject=name(common_name=person))
        for person in ("张三", "李四")
    ]
    assert len(grouped(*people).pairs) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("样例（深圳）有限公司", "样例(深圳)有限公司"),
        ("Example Ltd", "EXAMPLE  ltd"),
        ("ＡＢＣ公司", "ABC公司"),
    ],
)
def test_subjects_are_compared_without_case_width_and_double_spaces(one, other):
    older = held("2021-07-01", "2022-07-20", subject=name(organisation=one))
    newer = held("2025-03-01", "2026-03-01", subject=name(organisation=other))
    assert the_pair(older, newer).history == (older,)


def test_without_a_subject_nothing_replaces_anything():
    nameless = x509.Name([])
    older = held("2021-07-01", "2022-07-20", subject=nameless)
    newer = held("2025-03-01", "2026-03-01", subject=nameless)
    assert len(grouped(older, newer).pairs) == 2


class TestIssuers:
    def test_the_same_authoritys_next_ca_goes_on_with_the_pair(self):
        older = held("2021-07-01", "2025-07-20", issuer=NETCA)
        newer = held("2025-03-01", "2026-03-01", issuer=NETCA_NEXT)
        assert the_pair(older, newer).signing is newer

    def test_pairs_of_two_authorities_are_both_in_use_while_both_are_valid(self):
        one = held("2024-07-01", "2025-07-20", issuer=NETCA)
        other = held("2025-03-01", "2026-03-01", issuer=GDCA)
        assert {pair.lead for pair in grouped(one, other).pairs} == {one, other}

    def test_one_that_has_run_out_was_replaced_by_another_authoritys_newer_one(self):
        older = held("2021-07-01", "2022-07-20", issuer=NETCA)
        newer = held("2025-03-01", "2026-03-01", issuer=GDCA)
        pair = the_pair(older, newer)
        assert (pair.signing, pair.history) == (newer, (older,))

    def test_both_run_out_the_newer_authoritys_is_the_one_to_renew(self):
        older = held("2020-07-01", "2021-07-20", issuer=NETCA)
        newer = held("2021-07-01", "2022-07-20", issuer=GDCA)
        assert the_pair(older, newer).signing is newer

    def test_one_that_has_run_out_was_not_replaced_by_one_that_was_there_before_it(self):
        gone = held("2022-07-01", "2023-07-20", issuer=NETCA)
        beside = held("2021-01-01", "2026-01-01", issuer=GDCA)
        assert {pair.lead for pair in grouped(gone, beside).pairs} == {gone, beside}

    def test_an_sm2_pair_stands_beside_the_rsa_pair(self, tmp_path):
        now = dt.datetime.now(dt.UTC)
        sm2 = parse_certificate(make_sm2_der(tmp_path))
        subject = name(common_name=ORGANISATION)
        beside = make_certificate(
            subject=subject,
            issuer=subject,
            not_before=now - dt.timedelta(days=9),
            not_after=now + dt.timedelta(days=9),
        )
        assert sm2.subject == beside.subject
        assert len(group([Held(sm2), Held(beside)], now).pairs) == 2


class TestTies:
    def test_of_two_that_end_together_the_later_begun_is_in_use(self):
        first, second = held("2024-07-01", "2025-07-20"), held("2024-09-01", "2025-07-20")
        assert the_pair(first, second).signing is second

    def test_a_certificate_whose_key_is_missing_replaces_nothing(self):
        usable = held("2024-04-01", "2025-04-01", has_private_key=True)
        useless = held("2025-03-01", "2026-03-01", has_private_key=False)
        coming = held("2025-04-02", "2026-04-01", has_private_key=False)
        pair = the_pair(usable, useless, coming)
        assert (pair.signing, pair.successor) == (usable, None)
        assert set(pair.history) == {useless, coming}

    def test_alone_a_certificate_is_in_use_with_or_without_its_key(self):
        assert (
            the_pair(lone := held("2024-07-01", "2025-07-20", has_private_key=False)).lead is lone
        )

    def test_the_same_certificate_twice_is_one_in_use(self):
        one = held("2024-07-01", "2025-07-20", key_id=b"\x01")
        again = Held(one.certificate, b"\x02", has_private_key=None)
        pair = the_pair(one, again)
        assert (pair.signing, pair.history) == (again, (one,))

    def test_the_copy_beside_its_key_is_the_one_in_use(self):
        with_key = held("2024-07-01", "2025-07-20", key_id=b"\x01", has_private_key=True)
        copy = Held(with_key.certificate, b"\x02", has_private_key=False)
        assert the_pair(copy, with_key).signing is with_key


def test_ca_certificates_and_others_stand_apart():
    ca = held("2024-07-01", "2025-07-20", is_ca=True)
    other = held("2024-07-01", "2025-07-20", usage=frozenset({"crl_sign"}))
    own = held("2024-07-01", "2025-07-20")
    found = grouped(ca, other, own)
    assert (found.authorities, found.others) == ((ca,), (other,))
    assert [pair.all for pair in found.pairs] == [(own,)]


DAYS = st.integers(-900, 900)
POOL = [
    make_certificate(
        not_before=NOW + dt.timedelta(days=begin),
        not_after=NOW + dt.timedelta(days=begin + length),
        usage=usage,
        issuer=issuer,
        subject=subject,
    )
    for begin, length in [(-900, 365), (-500, 365), (-300, 365), (-200, 900), (30, 365), (90, 10)]
    for usage in (SIGNING, ENCRYPTION)
    for issuer in (NETCA, GDCA)
    for subject in (name(), name(organisation="广州市另一公司"))
]


@pytest.mark.parametrize("end", ["2025-03-01", "2034-03-01"])
def test_authorities_without_number_are_judged_once_each(end, monkeypatch):
    # Each that has run out is put to the newest: judging that anew each time took minutes for 2,000.
    judged = []
    pair = pairs._pair
    monkeypatch.setattr(pairs, "_pair", lambda line, now: judged.append(line) or pair(line, now))
    many = [held("2024-03-01", end, issuer=name(organisation=f"CA {n}")) for n in range(60)]
    found = grouped(*many).pairs
    placed = [one for each in found for one in each.all]
    assert len(placed) == len(many)
    assert len(judged) <= 5 * (len(many) + 1)  # five orders of the token's objects


@given(
    st.lists(
        st.builds(
            Held,
            st.sampled_from(POOL),
            st.binary(min_size=1, max_size=2),
            st.sampled_from([True, False, None]),
        ),
        max_size=12,
    ),
    DAYS,
)
def test_whatever_is_on_a_token_everything_has_one_place(certificates, days):
    now = NOW + dt.timedelta(days=days)
    found = group(certificates, now)
    placed = [held for pair in found.pairs for held in pair.all]
    assert sorted(map(id, placed)) == sorted(map(id, certificates))
    for pair in found.pairs:
        assert len({held.certificate.subject for held in pair.all}) == 1
        assert pair.signing is None or pair.signing.certificate.use is CertificateUse.SIGNING
        is_valid = pair.lead.certificate.not_before <= now <= pair.lead.certificate.not_after
        others = [h.certificate for h in pair.history if h.has_private_key is not False]
        valid = [c for c in others if c.not_before <= now <= c.not_after]
        same_use = [c for c in valid if c.use is pair.lead.certificate.use]
        assert is_valid or not same_use or pair.lead.has_private_key is False
