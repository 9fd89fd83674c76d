"""Saved data that were found damaged, on the screen: one notice for all that is found at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.model import Button, Notice
from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate
from agent.system.damage import Damages

SLOT = "damage"
GATHER_SECONDS = 0.5
"""How long after a damage others are waited for, which are told along with it."""
MOST_NAMED = 3


class DamageNotices:
    """Tells what was found before it was made, and what is found while it is there."""

    def __init__(
        self,
        board: NoticeBoard,
        damages: Damages,
        *,
        language: Callable[[], Language],
        is_on: Callable[[], bool],
        open_window: Callable[[str, str | None], None],
    ) -> None:
        """``is_on``: whether notices are wanted."""
        self._board = board
        self._damages = damages
        self._language = language
        self._open_window = open_window
        self._told = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._is_on = is_on
        self._unlisten = damages.listen(lambda: self._loop.call_soon_threadsafe(self._show_soon))
        self._show_soon()

    def close(self) -> None:
        """Show nothing more."""
        self._unlisten()
        if self._timer is not None:
            self._timer.cancel()

    def _show_soon(self) -> None:
        if self._timer is None and len(self._damages.problems) > self._told:
            self._timer = self._loop.call_later(GATHER_SECONDS, self._show)

    def _show(self) -> None:
        self._timer = None
        problems = self._damages.problems[self._told :]
        self._told += len(problems)
        if not self._is_on():
            return
        notice = damage_notice(problems, self._language())
        opened = Posted(notice=notice, pressed=lambda _key: self._open_window("check", None))
        self._board.post(SLOT, opened)


def damage_notice(problems: tuple[OdcError, ...], language: Language) -> Notice:
    """Return what is said of damaged data, what to do next included."""
    said = [
        sentence
        for problem in problems[:MOST_NAMED]
        for sentence in (problem.text(language), problem.advice_text(language))
        if sentence
    ]
    if len(problems) > MOST_NAMED:
        said.append(translate(mark("The environment check has all of it."), language))
    return Notice(
        title=translate(mark("Certificate Manager"), language),
        text="\n".join(said),
        buttons=(Button("check", translate(mark("Show"), language)),),
        is_urgent=True,
    )
