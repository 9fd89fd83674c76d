"""When an authority renews, and with what."""

from __future__ import annotations

import pytest
from certificate_maker import china

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.steps.window import TooEarlyError, TooLateError, check_window, needs_dossier

END = china("2025-06-30 23:59:59")


def policy(**settings) -> Policy:
    return Policy(authority="样例服务商", **settings)


def test_the_window_opens_on_a_day_of_china():
    rule = policy(earliest_days_before_expiry=90)
    check_window(rule, END, china("2025-04-01 00:00:00"))
    with pytest.raises(TooEarlyError) as caught:
        check_window(rule, END, china("2025-03-31 23:59:59"))
    assert caught.value.values == {"days": 91, "earliest": 90}
    assert "还有 91 天" in caught.value.text(Language.ZH)


def test_the_window_closes_after_the_last_day():
    rule = policy(latest_days_after_expiry=30)
    check_window(rule, END, china("2025-07-30 23:59:59"))
    with pytest.raises(TooLateError) as caught:
        check_window(rule, END, china("2025-07-31 00:00:00"))
    assert caught.value.values == {"days": 31, "latest": 30}
    assert "窗口现场办理" in caught.value.advice_text(Language.ZH)


def test_without_a_last_day_it_is_never_too_late():
    check_window(policy(latest_days_after_expiry=None), END, china("2099-01-01 00:00:00"))


def test_a_window_may_close_with_the_certificate():
    rule = policy(latest_days_after_expiry=0)
    check_window(rule, END, END)
    with pytest.raises(TooLateError):
        check_window(rule, END, china("2025-07-01 00:00:00"))


@pytest.mark.parametrize(
    ("dossier", "while_valid", "once_expired"),
    [("never", False, False), ("when_expired", False, True), ("always", True, True)],
)
def test_the_policy_says_when_papers_are_needed(dossier, while_valid, once_expired):
    rule = policy(dossier=dossier)
    assert needs_dossier(rule, END, END) is while_valid
    assert needs_dossier(rule, END, china("2025-07-01 00:00:00")) is once_expired
