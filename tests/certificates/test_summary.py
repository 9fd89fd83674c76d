"""Many certificates in one glance."""

from __future__ import annotations

from certificate_maker import ENCRYPTION, china, make_certificate, name

from agent.certificates.model import CertificateStatus
from agent.certificates.summary import current_certificates, summarise
from agent.language import Language

NOW = china("2025-03-07 12:00:00")
LONG_AGO = {"not_before": china("2021-01-01 00:00:00"), "not_after": china("2022-07-20 23:59:59")}
SOON = {"not_before": china("2024-03-01 00:00:00"), "not_after": china("2025-04-01 23:59:59")}
FAR = {"not_before": china("2025-03-01 00:00:00"), "not_after": china("2026-03-01 23:59:59")}
OTHER = name(organisation="广州市另一公司")


def test_without_certificates_there_is_nothing_to_say():
    summary = summarise([], NOW, Language.ZH)
    assert summary.worst is None
    assert summary.text == ""


def test_the_worst_certificate_speaks_for_all():
    certificates = [
        make_certificate(**FAR),
        make_certificate(**LONG_AGO, subject=OTHER),
        make_certificate(**SOON, usage=ENCRYPTION),
    ]
    summary = summarise(certificates, NOW, Language.ZH)
    assert summary.worst is CertificateStatus.EXPIRED
    assert summary.text == "已过期961天"
    assert summary.counts == {
        CertificateStatus.VALID: 1,
        CertificateStatus.EXPIRED: 1,
        CertificateStatus.EXPIRING: 1,
    }


def test_of_two_equally_bad_the_first_to_end_is_told():
    later = {**SOON, "not_after": china("2025-05-01 23:59:59")}
    certificates = [make_certificate(**later, subject=OTHER), make_certificate(**SOON)]
    assert summarise(certificates, NOW, Language.EN).text == "25 days left"


def test_a_predecessor_whose_successor_is_there_does_not_count():
    old, new = make_certificate(**LONG_AGO), make_certificate(**FAR)
    for order in ([old, new], [new, old]):
        summary = summarise(order, NOW, Language.ZH)
        assert summary.worst is CertificateStatus.VALID
        assert summary.counts.total() == 1


def test_an_encryption_certificate_is_no_successor_of_a_signing_certificate():
    old, new = make_certificate(**LONG_AGO), make_certificate(**FAR, usage=ENCRYPTION)
    assert summarise([old, new], NOW, Language.ZH).worst is CertificateStatus.EXPIRED


def test_another_organisations_certificate_is_no_successor():
    old, new = make_certificate(**LONG_AGO), make_certificate(**FAR, subject=OTHER)
    assert summarise([old, new], NOW, Language.ZH).worst is CertificateStatus.EXPIRED


def test_ca_certificates_are_not_in_use_here():
    ca = make_certificate(**LONG_AGO, is_ca=True)
    other = make_certificate(**LONG_AGO, usage=frozenset({"crl_sign"}))
    own = make_certificate(**FAR)
    assert current_certificates([ca, other, own]) == [own]
    assert summarise([ca, other], NOW, Language.ZH).worst is None
