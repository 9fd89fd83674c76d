"""An agent as far as it shows notices, and the daemons that show them."""

from __future__ import annotations

import asyncio
import os

import msgspec
from display import eventually
from reminders_maker import REMINDERS, renewal

from agent.certificates.days import CertificateStatus
from agent.desktop.notices.choosing import this_desktops_display
from agent.desktop.notices.icon_file import ensure_icon
from agent.desktop.notices.model import Button, Notice
from agent.desktop.presence import Presence
from agent.desktop.windows import NoWindowError
from agent.ground.bus import EventBus
from agent.ground.clock import utc_now
from agent.ground.language import Language
from agent.reminders.service import ReminderRaised
from agent.renewals.journal.record import RenewalChanged
from agent.renewals.journal.states import State
from agent.settings.config import Config, ReminderSettings
from agent.system.paths import find_paths

ONE = Notice(title="甲 的数字证书", text="第一条 <b> & 'x'", buttons=(Button("renew", "立即更新"),))
OTHER = Notice(title="乙 的数字证书", text="第二条", buttons=(Button("renew", "立即更新"),))
THUMBPRINT = REMINDERS[0].thumbprint


async def until(ask, *, seconds=45.0):
    return await asyncio.to_thread(eventually, ask, seconds=seconds)


class Daemon:
    """A notification daemon that can be killed and started again."""

    def __init__(self, start):
        self.start = start
        self.process = start()

    def signal(self, number):
        os.killpg(self.process.pid, number)


IN_DRAWER = msgspec.structs.replace(
    REMINDERS[0], text=f"{REMINDERS[0].text}\n请取出电子钥匙“财务”。", token="财务"
)


class Desk:
    """An agent's presence on a screen, its windows and what was put off."""

    def __init__(self, settings: ReminderSettings) -> None:
        self.bus = EventBus()
        self.settings = settings
        self.opened: list[tuple] = []
        self.later: list[tuple] = []
        self.resumed: list[str] = []
        self.has_windows = True
        self.prepared = 0
        self.in_front = ("", "")
        self.now = utc_now()
        self.presence = Presence(
            bus=self.bus,
            config=lambda: Config(reminders=self.settings),
            language=lambda: Language.ZH,
            clock=lambda: self.now,
            windows=self,
            put_off=lambda ones, later: self.later.extend((one, later) for one in ones),
            resume=self.resumed.append,
            renewals=[renewal("old", State.REJECTED)],
            no_tray_told=find_paths().no_tray_told,
            display=this_desktops_display(lambda: Language.ZH),
        )

    def open_window(self, name, thumbprint=None):
        if not self.has_windows:
            raise NoWindowError
        self.opened.append((name, thumbprint))

    def prepare(self):
        self.prepared += 1

    def is_in_front(self, name, thumbprint):
        return self.in_front == (name, thumbprint)

    def remind(self, count: int) -> None:
        for reminder in REMINDERS[:count]:
            self.bus.publish(ReminderRaised(reminder=reminder))

    def renewal_is(self, state, waiting=None, name="new"):
        self.bus.publish(RenewalChanged(renewal=renewal(name, state, waiting)))


async def draw_pictures():
    """Have all pictures drawn already: a notice whose picture is missing comes a little later."""
    for seal in CertificateStatus:
        await ensure_icon(seal)


def bodies(screen):
    return "".join(notice["body"] for notice in screen.notices())
