"""Toasts of Windows as far as they go elsewhere: in the place of WinRT stands a toaster of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import io
import queue
import sys
import threading
import types

import msgspec
import pytest

from agent.checks.probes import desktop as probes
from agent.checks.verdicts.desktop import judge_notices
from agent.desktop import toast
from agent.desktop.notices.balloon import BalloonDisplay
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.choosing import ButtonsWherePossible
from agent.desktop.notices.model import Button, Listener, NoButtonsError, Notice, NotShownError
from agent.desktop.notices.windows_toast import (
    WITHDRAW,
    ToastDisplay,
    ToastOrder,
    ToastReport,
    report_of,
)
from agent.desktop.supervisor import TraySupervisor
from agent.ground.language import Language

BUTTONS = (Button("renew", "立即更新"), Button("later", "稍后提醒"))
NOTICE = Notice(title="甲 的数字证书", text="已过期961天", buttons=BUTTONS, is_urgent=True)
ENABLED, FOR_USER = 0, 2
USER, TIMED_OUT = 0, 2


class Scenario(enum.Enum):
    Default = ""
    Reminder = "reminder"


class Toaster:
    """What windows_toasts.InteractableWindowsToaster is; what becomes of a toast is the test's to say."""

    setting = ENABLED
    fault: Exception | None = None
    shown: list
    removed: list

    def __init__(self, name, identity):
        self.name, self.identity = name, identity
        self.toastNotifier = types.SimpleNamespace(setting=self.setting)

    def show_toast(self, shown):
        if self.fault:
            raise self.fault
        self.shown.append((self, shown))

    def remove_toast(self, shown):
        self.removed.append(shown)


@pytest.fixture
def windows(monkeypatch):
    """Stand in for the library, which there is for Windows alone."""

    class Own(Toaster):
        pass

    Own.shown, Own.removed = [], []
    library = types.ModuleType("windows_toasts")
    library.InteractableWindowsToaster = Own
    library.Toast = lambda fields, **rest: types.SimpleNamespace(fields=fields, **rest)
    library.ToastButton = lambda label, key: types.SimpleNamespace(content=label, arguments=key)
    library.ToastScenario = Scenario
    monkeypatch.setitem(sys.modules, "windows_toasts", library)
    return Own


class Running:
    """The process's work, in a thread of the test's."""

    def __init__(self, monkeypatch, order, arguments=()):
        self._told = io.BytesIO()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.tell = self._lines.put
        self.tell(msgspec.json.encode(order) + b"\n")
        told = types.SimpleNamespace(readline=self._lines.get)
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=told))
        monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(buffer=self._told))
        monkeypatch.setattr(sys, "argv", ["toast", *arguments])
        self.code: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        self.code = toast.main()

    def ended(self):
        """Return what it said to the end."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return [report_of(line) for line in self._told.getvalue().splitlines()]

    def shown(self, windows):
        """Wait for the toast and return its toaster and it."""
        for _ in range(2000):
            if windows.shown and self._told.getvalue():
                return windows.shown[0]
            threading.Event().wait(0.01)
        raise AssertionError("nothing was shown")


def order(**changes):
    buttons = tuple((b.key, b.label) for b in BUTTONS)
    usual = {"name": "证照管家", "icon": "", "title": "甲", "text": "正文", "buttons": buttons}
    return ToastOrder(**{**usual, **changes})


def event(**facts):
    return types.SimpleNamespace(**facts)


@pytest.mark.parametrize(
    ("arguments", "key"), [("later", "later"), ("renew", "renew"), ("a tag of its own", "renew")]
)
def test_a_button_is_told_and_the_toast_itself_is_the_first_one(
    monkeypatch, windows, arguments, key
):
    running = Running(monkeypatch, order(is_urgent=True))
    toaster, shown = running.shown(windows)
    assert (toaster.name, toaster.identity) == ("证照管家", "org.odc.agent")
    assert shown.fields == ["甲", "正文"]
    assert [a.content for a in shown.actions] == ["立即更新", "稍后提醒"]
    assert shown.scenario is Scenario.Reminder
    shown.on_activated(event(arguments=arguments))
    assert running.ended() == [ToastReport(), ToastReport(pressed=key)]
    assert running.code == 0


def test_one_that_left_the_screen_may_still_be_pressed_and_one_that_was_closed_not(
    monkeypatch, windows
):
    running = Running(monkeypatch, order())
    _, shown = running.shown(windows)
    assert shown.scenario is Scenario.Default
    shown.on_dismissed(event(reason=TIMED_OUT))
    shown.on_activated(event(arguments="later"))
    assert running.ended()[-1] == ToastReport(pressed="later")
    windows.shown.clear()
    again = Running(monkeypatch, order())
    again.shown(windows)[1].on_dismissed(event(reason=USER))
    assert again.ended() == [ToastReport(), ToastReport()]


def test_what_is_withdrawn_leaves_the_screen(monkeypatch, windows):
    running = Running(monkeypatch, order())
    _, shown = running.shown(windows)
    running.tell(WITHDRAW)
    assert running.ended() == [ToastReport()]
    assert windows.removed == [shown]


def test_what_is_shown_when_the_agent_ends_stays(monkeypatch, windows):
    running = Running(monkeypatch, order())
    running.shown(windows)
    running.tell(b"")
    assert running.ended() == [ToastReport(), ToastReport()]
    assert windows.removed == []


def test_why_nothing_is_shown_is_told(monkeypatch, windows):
    windows.setting = FOR_USER
    for arguments in ((), ("look",)):
        [report] = Running(monkeypatch, order(), arguments).ended()
        assert report.failed == "switched off for this user"
    windows.setting, windows.fault = ENABLED, OSError("element not found")
    [report] = Running(monkeypatch, order()).ended()
    assert report.failed == "OSError: element not found"
    [report] = Running(monkeypatch, order(), ("look",)).ended()
    assert report == ToastReport()
    windows.fault = None
    running = Running(monkeypatch, order())
    running.shown(windows)[1].on_failed(event(error_code=event(value=-2143420140)))
    assert running.ended()[-1].failed == "error 0x803e0114"


def test_what_windows_takes_and_refuses_at_once_is_said_to_be_not_shown(monkeypatch, windows):
    def refuse(toaster, shown):
        shown.on_failed(event(error_code=event(value=-2143420140)))

    monkeypatch.setattr(windows, "show_toast", refuse)
    [report] = Running(monkeypatch, order()).ended()
    assert report.failed == "error 0x803e0114"


def test_a_button_that_is_pressed_at_once_is_told(monkeypatch, windows):
    def press(toaster, shown):
        shown.on_activated(event(arguments="later"))

    monkeypatch.setattr(windows, "show_toast", press)
    assert Running(monkeypatch, order()).ended() == [ToastReport(), ToastReport(pressed="later")]


class Tray:
    """A tray's connection."""

    def __init__(self):
        self.said = []

    def notify(self, method, params):
        self.said.append((method, params))


@contextlib.asynccontextmanager
async def board_of(tray):
    """A board as Windows has it, here without WinRT; the tray as far as it is there."""
    supervisor = TraySupervisor(None)
    supervisor._connection = tray
    toasts = ToastDisplay(lambda: Language.ZH)
    board = NoticeBoard(ButtonsWherePossible(toasts, BalloonDisplay(supervisor.say), login=0))
    try:
        yield board
    finally:
        await board.close()


async def posted(board, notice=NOTICE):
    closed = asyncio.Event()
    board.post("a", Posted(notice=notice, pressed=lambda _key: None, closed=closed.set))
    await asyncio.wait_for(closed.wait(), 60)


async def test_without_toasts_a_balloon_says_it(own_folders):
    tray = Tray()
    async with board_of(tray) as board:
        await posted(board)
        assert tray.said == [("tray.say", {"title": NOTICE.title, "text": NOTICE.text})]
        assert board.failure == ""


async def test_what_neither_shows_is_kept_in_mind_until_the_next_one_is_shown(own_folders):
    async with board_of(None) as board:
        await posted(board)
        assert board.failure == "there is no tray icon now"
        [found, _] = judge_notices(
            await probes.look_at_notices(is_wanted=True, failure=board.failure)
        )
        assert "there is no tray icon now" in found.said.text(Language.EN)
        assert "there is no tray icon now" in found.said.text(Language.ZH)


async def test_the_process_says_why_there_are_no_toasts(own_folders):
    """Here the library itself is missing, as WinRT is where Windows is too old for it."""
    with pytest.raises(NoButtonsError, match="windows_toasts"):
        await ToastDisplay(lambda: Language.EN).show("a", NOTICE)
    assert "windows_toasts" in await probes._obstacle_to_toasts()


async def test_a_process_that_says_nothing_is_not_waited_for(own_folders, monkeypatch):
    sleeping = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    display = ToastDisplay(lambda: Language.EN, seconds=0.2)
    monkeypatch.setattr(display, "command", lambda _notice: sleeping)
    with pytest.raises(NotShownError, match="no answer"):
        await display.show("a", NOTICE)
    ending = [sys.executable, "-c", ""]
    monkeypatch.setattr(display, "command", lambda _notice: ending)
    display._seconds = 30
    with pytest.raises(NotShownError, match="ended"):
        await display.show("a", NOTICE)


class Heard:
    """What a display told."""

    def __init__(self, display):
        self.told: asyncio.Queue = asyncio.Queue()
        display.listen(
            Listener(
                lambda slot, key: self.told.put_nowait((slot, key)),
                lambda slot: self.told.put_nowait((slot, None)),
            )
        )


def acting(monkeypatch, then):
    """Return a display whose process shows what it is told, then does ``then``."""
    begin = "import sys; sys.stdin.readline(); print('{}', flush=True); "
    display = ToastDisplay(lambda: Language.EN)
    monkeypatch.setattr(display, "command", lambda _notice: [sys.executable, "-c", begin + then])
    return display


@pytest.mark.parametrize(
    ("said", "key"),
    [('{"pressed":"later"}', "later"), ("{}", None), ("", None), ('{"pressed":"format"}', None)],
)
async def test_what_became_of_a_toast_is_told(own_folders, monkeypatch, said, key):
    display = acting(monkeypatch, f"print({said!r})")
    heard = Heard(display)
    assert await display.show("a", NOTICE)
    assert await asyncio.wait_for(heard.told.get(), 60) == ("a", key)


async def test_a_toast_is_taken_off_the_screen_before_its_process_ends(
    own_folders, monkeypatch, tmp_path
):
    mark = tmp_path / "withdrawn"
    told = "sys.stdin.readline()"
    display = acting(monkeypatch, f"open({str(mark)!r}, 'w').write({told})")
    heard = Heard(display)
    assert await display.show("a", NOTICE)
    await display.withdraw("a")
    assert mark.read_bytes() == WITHDRAW
    assert heard.told.empty()
