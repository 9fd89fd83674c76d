"""A scene: one window in one state, for the screenshots and for tests that look at all windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.ground.language import Language

Answers = dict[str, Any]


def _nothing(_window: Any) -> None:
    """Show the window as it opens."""


@dataclass(frozen=True)
class Scene:
    """One window in one state."""

    window: str
    answers: Callable[[Language], Answers]
    is_ready: Callable[[Any], bool] = lambda _window: True
    prepare: Callable[[Any], None] = _nothing
    subject: str = ""
    size: tuple[int, int] | None = None
    in_all_looks: bool = field(default=False)
    part: Callable[[Any], Any] = lambda window: window
    """What of the window is saved: a dialog of it, say."""
