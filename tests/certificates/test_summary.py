"""Many pairs in one glance."""

from __future__ import annotations

from certificate_maker import ENCRYPTION, china, make_certificate, name
from token_maker import Held

from agent.certificates.days import CertificateStatus
from agent.certificates.pairs import group
from agent.certificates.summary import Summary, summarise
from agent.ground.language import Language

NOW = china("2025-03-07 12:00:00")
LONG_AGO = {"not_before": china("2021-01-01 00:00:00"), "not_after": china("2022-07-20 23:59:59")}
SOON = {"not_before": china("2024-03-01 00:00:00"), "not_after": china("2025-04-01 23:59:59")}
FAR = {"not_before": china("2025-03-01 00:00:00"), "not_after": china("2026-03-01 23:59:59")}
NEXT = {"not_before": china("2025-04-02 00:00:00"), "not_after": china("2026-04-01 23:59:59")}
OTHER = name(organisation="广州市另一公司")
THIRD = name(organisation="珠海市第三公司")


def summary(*options: dict, language: Language = Language.ZH) -> Summary:
    """Sum up one token with certificates of the given options."""
    held = [Held(make_certificate(**one)) for one in options]
    return summarise(group(held, NOW).pairs, NOW, language)


def test_without_certificates_there_is_nothing_to_say():
    assert (summary().worst, summary().text) == (None, "")


def test_the_worst_pair_speaks_for_all():
    found = summary(FAR, {**LONG_AGO, "subject": OTHER}, {**SOON, "subject": THIRD})
    assert found.worst is CertificateStatus.EXPIRED
    assert found.text == "已过期961天"
    assert found.counts == {
        CertificateStatus.VALID: 1,
        CertificateStatus.EXPIRED: 1,
        CertificateStatus.EXPIRING: 1,
    }


def test_a_pair_counts_once_by_its_signing_certificate():
    found = summary(FAR, {**LONG_AGO, "usage": ENCRYPTION})
    assert found.counts == {CertificateStatus.VALID: 1}


def test_an_encryption_certificate_alone_counts_for_itself():
    assert summary({**LONG_AGO, "usage": ENCRYPTION}).worst is CertificateStatus.EXPIRED


def test_of_two_equally_bad_the_first_to_end_is_told():
    later = {**SOON, "not_after": china("2025-05-01 23:59:59"), "subject": OTHER}
    assert summary(later, SOON, language=Language.EN).text == "25 days left"


def test_a_predecessor_whose_successor_is_there_does_not_count():
    for order in ([LONG_AGO, FAR], [FAR, LONG_AGO]):
        found = summary(*order)
        assert (found.worst, found.counts.total()) == (CertificateStatus.VALID, 1)


def test_a_pair_that_is_renewed_already_needs_no_attention():
    assert summary(SOON, NEXT).counts == {CertificateStatus.VALID: 1}


def test_another_organisations_certificate_is_no_successor():
    assert summary(LONG_AGO, {**FAR, "subject": OTHER}).worst is CertificateStatus.EXPIRED


def test_ca_certificates_and_others_do_not_count():
    other = {**LONG_AGO, "usage": frozenset({"crl_sign"})}
    assert summary({**LONG_AGO, "is_ca": True}, other).worst is None
