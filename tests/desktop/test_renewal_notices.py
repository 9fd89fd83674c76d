"""Results of renewals as notices: each is told once, where somebody is to learn of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import html

import pytest
from notice_desk import (
    Desk,
    draw_pictures,
    until,
)
from reminders_maker import renewal

from agent.certificates.days import CertificateStatus
from agent.desktop.notices.telling import renewal_notice
from agent.ground.language import Language
from agent.renewals.journal.states import State, Waiting
from agent.settings.config import ReminderSettings


@pytest.fixture
async def desk():
    desk = Desk(ReminderSettings())
    yield desk
    await desk.presence.close()


async def test_each_result_of_a_review_is_told_once(no_panel, desk):
    screen, _ = no_panel("dunst")
    await draw_pictures()
    told = []
    for state, waiting, is_told in (
        (State.REVIEWING, Waiting.REVIEW, False),
        (State.REJECTED, Waiting.APPLICANT, True),
        (State.REJECTED, Waiting.APPLICANT, False),
        (State.SIGNING, None, False),
        (State.REVIEWING, Waiting.REVIEW, False),
        (State.APPROVED, Waiting.SMS_CODE, True),
        (State.APPROVED, Waiting.NETWORK, False),
        (State.INSTALLED, None, True),
    ):
        desk.renewal_is(state, waiting)
        if is_told:
            told.append(state)
            assert await until(screen.shown)

    texts = [html.unescape(notice["body"]) for notice in await asyncio.to_thread(screen.notices)]
    assert texts[0] == "您的新证书已安装成功!"
    assert len(texts) <= len(told)


async def test_what_somebody_looks_at_needs_no_notice(no_panel, desk):
    screen, _ = no_panel("dunst")
    seen = renewal("new", State.APPROVED).thumbprint
    desk.in_front = ("renew", seen)
    desk.renewal_is(State.APPROVED, Waiting.SMS_CODE)
    desk.in_front = ("renew", "another")
    desk.renewal_is(State.INSTALLED)
    assert await until(screen.shown)
    [notice] = await asyncio.to_thread(screen.notices)
    assert "您的新证书已安装成功!" in html.unescape(notice["body"])


@pytest.mark.parametrize(
    ("state", "seal"),
    [
        (State.APPROVED, CertificateStatus.VALID),
        (State.INSTALLED, CertificateStatus.VALID),
        (State.REJECTED, CertificateStatus.EXPIRING),
        (State.FAILED, CertificateStatus.EXPIRED),
    ],
)
def test_good_news_has_no_warnings_picture(state, seal):
    assert renewal_notice(renewal("new", state), Language.ZH).seal is seal


async def test_what_was_told_before_the_start_is_not_told_again(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.renewal_is(State.REJECTED, Waiting.APPLICANT, "old")
    desk.renewal_is(State.INSTALLED, None, "new")
    assert await until(screen.shown)
    assert len(await asyncio.to_thread(screen.notices)) == 1


async def test_in_quiet_hours_results_wait(no_panel, desk, monkeypatch):
    screen, _ = no_panel("dunst")
    monkeypatch.setattr("agent.desktop.notices.telling.QUIET_SECONDS", 0.1)
    hour = desk.now.astimezone()
    span = [(hour + dt.timedelta(hours=h)).strftime("%H:%M") for h in (-1, 1)]
    desk.settings = ReminderSettings(quiet_hours="-".join(span))
    desk.renewal_is(State.INSTALLED)
    await asyncio.sleep(0.5)
    assert screen.shown() == 0
    desk.now += dt.timedelta(hours=2)
    assert await until(screen.shown)


async def test_notices_that_are_switched_off_are_not_shown(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.settings = ReminderSettings(notifications=False)
    desk.remind(3)
    desk.renewal_is(State.INSTALLED)
    desk.settings = ReminderSettings()
    desk.renewal_is(State.INSTALLED, None, "next")
    assert await until(screen.shown)
    assert len(await asyncio.to_thread(screen.notices)) == 1
