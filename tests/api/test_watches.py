"""Renewals whose states a page is told of: as long as the site may, and no longer."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import msgspec
import pytest
from api_desk import ALLOWED, NOW

from agent.api.methods.browser import BrowserMethods
from agent.api.methods.browser_watches import MOST_WATCHED, Watches
from agent.api.registry import Call
from agent.renewals.journal.record import PrivatePart, Renewal, RenewalChanged
from agent.renewals.journal.states import State
from agent.settings.config import BrowserSettings
from agent.sites.errors import RateLimitedError
from agent.sites.model import Action, Decision
from agent.tokens.model import TokenReference

SITE = "https://www.example.gov.cn"
RENEWAL = Renewal(
    id="00000000-0000-4000-8000-000000000001",
    thumbprint="ab" * 32,
    organisation="样例",
    authority="ca",
    token=TokenReference(module="m", serial="1", label="t"),
    key_id=b"1",
    new_key_id=b"2",
    state=State.DRAFTING,
    waiting=None,
    created=NOW,
    updated=NOW,
    private=PrivatePart(secret="", certificate=b""),
)


class Page:
    """A connection that keeps what it is told."""

    def __init__(self):
        self.told = []
        self.callbacks = []

    def notify(self, method, params):
        self.told.append((method, params["origin"]))

    def on_close(self, callback):
        self.callbacks.append(callback)

    def close(self):
        for callback in self.callbacks:
            callback()


@pytest.fixture
def page(desk):
    page = Page()
    watches = Watches(desk.bus, desk.consent)
    watches.begin(Call(page, 1), SITE, RENEWAL)
    watches.begin(Call(page, 2), ALLOWED, RENEWAL)
    return page


def forbid(desk):
    desk.consent.decide(SITE, Action.RENEW, Decision.NEVER)


def ban(desk):
    desk.rules = BrowserSettings(deny=(SITE,))


@pytest.mark.parametrize("end", [forbid, ban])
async def test_a_site_forbidden_meanwhile_is_told_no_state_more(desk, page, end):
    change = RenewalChanged(renewal=RENEWAL)
    desk.bus.publish(change)
    assert page.told == [("browser.renewal_changed", origin) for origin in (SITE, ALLOWED)]
    page.told.clear()
    end(desk)
    desk.bus.publish(change)
    desk.bus.publish(change)
    lost, *others = page.told
    assert lost == ("browser.renewal_lost", SITE)
    assert others == [("browser.renewal_changed", ALLOWED)] * 2


async def test_no_site_ends_what_another_one_is_told(desk):
    page, watches = Page(), Watches(desk.bus, desk.consent)
    watches.begin(Call(page, 1), SITE, RENEWAL)
    watches.withdraw((page, 1), ALLOWED)
    desk.bus.publish(RenewalChanged(renewal=RENEWAL))
    assert page.told == [("browser.renewal_changed", SITE)]
    watches.withdraw((page, 1), SITE)
    desk.bus.publish(RenewalChanged(renewal=RENEWAL))
    assert len(page.told) == 1


async def test_one_site_cannot_use_up_what_others_may_watch(desk):
    page, watches = Page(), Watches(desk.bus, desk.consent)
    for number in range(MOST_WATCHED):
        watches.check_room(SITE)
        watches.begin(Call(page, number), SITE, RENEWAL)
    with pytest.raises(RateLimitedError):
        watches.check_room(SITE)
    watches.check_room(ALLOWED)
    watches.end((page, 3))
    watches.check_room(SITE)


async def test_a_browser_that_is_gone_is_told_nothing_and_leaves_nothing(desk):
    page, other, watches = Page(), Page(), Watches(desk.bus, desk.consent)
    for number in range(MOST_WATCHED):
        watches.begin(Call(page, number), SITE, RENEWAL)
    watches.begin(Call(other, 1), ALLOWED, RENEWAL)
    assert len(page.callbacks) == 1, "however many renewals one connection watches"
    page.close()
    desk.bus.publish(RenewalChanged(renewal=RENEWAL))
    assert page.told == []
    assert other.told == [("browser.renewal_changed", ALLOWED)]
    watches.check_room(SITE)


async def test_a_window_is_opened_once_a_minute_and_nothing_longer_kept(desk):
    now, opened = NOW, []
    windows = SimpleNamespace(open_window=lambda *window: opened.append(window))
    methods = BrowserMethods(
        SimpleNamespace(consent=desk.consent, bus=desk.bus, clock=lambda: now, windows=windows)
    )
    methods._open_window(RENEWAL)
    methods._open_window(RENEWAL)
    assert len(opened) == 1
    now += dt.timedelta(minutes=1)
    methods._open_window(RENEWAL)
    assert len(opened) == 2
    now += dt.timedelta(minutes=1)
    methods._open_window(msgspec.structs.replace(RENEWAL, id="another"))
    assert list(methods._opened) == ["another"]
