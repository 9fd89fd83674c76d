"""What is said of a certificate's days, in both languages."""

from __future__ import annotations

import pytest
from certificate_maker import china, make_certificate

from agent.certificates.days import CertificateStatus
from agent.certificates.wording import STATUS_TEXT, days_text, validity_text
from agent.ground.language import Language, look_up

ZH, EN = Language.ZH, Language.EN


@pytest.fixture(scope="module")
def certificate():
    return make_certificate(
        not_before=china("2021-07-01 00:00:00"), not_after=china("2022-07-20 12:00:00")
    )


@pytest.mark.parametrize(
    ("now", "chinese", "english"),
    [
        ("2025-03-07 10:00:00", "已过期961天", "expired 961 days ago"),
        ("2022-07-21 00:00:00", "已过期1天", "expired 1 day ago"),
        ("2022-07-20 12:00:01", "今天已过期", "expired today"),
        ("2022-07-20 12:00:00", "今天到期", "expires today"),
        ("2022-07-19 23:59:59", "还有1天到期", "1 day left"),
        ("2022-07-18 00:00:00", "还有2天到期", "2 days left"),
        ("2021-07-01 00:00:00", "还有384天到期", "384 days left"),
    ],
)
def test_days_are_worded_as_in_the_guide(certificate, now, chinese, english):
    assert days_text(certificate, china(now), ZH) == chinese
    assert days_text(certificate, china(now), EN) == english


def test_a_certificate_of_the_future_names_its_first_day(certificate):
    now = china("2021-06-30 23:59:59")
    assert days_text(certificate, now, EN) == "valid from 2021-07-01"
    chinese = days_text(certificate, now, ZH)
    assert "2021-07-01" in chinese
    assert chinese != days_text(certificate, now, EN)


def test_validity_is_two_days_of_china(certificate):
    assert validity_text(certificate) == "2021-07-01 – 2022-07-20"


@pytest.mark.parametrize("status", CertificateStatus)
def test_every_status_has_a_chinese_name(status):
    sentence = STATUS_TEXT[status]
    assert look_up(sentence, ZH) != sentence
