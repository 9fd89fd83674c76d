"""What a reminder says waiting costs: an authority's policy applied to a certificate and a day."""

from __future__ import annotations

import datetime as dt

import pytest

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.steps.costs import cost_of_waiting

CHINA = dt.timezone(dt.timedelta(hours=8))
END = dt.datetime(2026, 3, 2, 23, 59, 59, tzinfo=CHINA)


def told(days_left: int, language: Language = Language.ZH, **policy) -> str:
    asked = Policy(**{"authority": "甲", "latest_days_after_expiry": 365, **policy})
    now = END.replace(hour=12) - dt.timedelta(days=days_left)
    return cost_of_waiting(asked, END, now, language)


@pytest.mark.parametrize("days_left", [90, 30, 1, 0])
def test_before_the_end_it_says_until_when_papers_are_spared(days_left):
    assert told(days_left) == "到期前更新无需提交资料,最后一天是2026-03-02。"


def test_after_the_end_papers_and_working_days_are_needed():
    assert told(-1) == "现在更新需提交资料,审核约需2个工作日。2027-03-02前可自助办理。"


def test_too_early_it_says_from_when_on():
    assert told(90, earliest_days_before_expiry=30).startswith("2026-01-31起可以更新。")


def test_too_late_it_leads_to_the_counter():
    assert told(-365) != told(-366)
    assert told(-366) == "已不能自助办理:请携带资料前往服务商窗口。"


def test_an_authority_that_always_wants_papers_says_so_before_the_end_too():
    assert told(30, dossier="always") == "现在更新需提交资料,审核约需2个工作日。"


def test_an_authority_that_never_wants_papers_spares_the_sentence():
    assert told(30, dossier="never", latest_days_after_expiry=None) == ""
    assert told(-30, dossier="never", latest_days_after_expiry=None) == ""


def test_a_review_without_a_count_of_days_is_not_given_one():
    assert told(-1, review_working_days=0, latest_days_after_expiry=None) == "现在更新需提交资料。"


def test_english_sentences_are_parted():
    assert told(-1, Language.EN) == (
        "Papers have to be handed in, whose review takes about 2 working days. "
        "Self-service is possible until 2027-03-02."
    )
