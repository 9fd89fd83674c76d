"""The time line: where the renewal stands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from agent.api.client import Json
from agent.windows.renew.plan import (
    STANDING_NAMES,
    STEP_NAMES,
    Standing,
    Step,
    StepView,
    time_line,
)
from agent.windows.style import SMALL, TIGHT, set_kind
from agent.windows.texts import Label, set_tooltip
from agent.windows.words import Words

_SIGNS = {Standing.DONE: "✓", Standing.NOW: "●", Standing.AHEAD: "○", Standing.TROUBLE: "!"}
_KINDS = {
    Standing.DONE: "good",
    Standing.NOW: "heading",
    Standing.AHEAD: "muted",
    Standing.TROUBLE: "bad",
}
"""The sign says it too: colour alone would leave some people out."""


class TimeLine(QFrame):
    """All steps in a row; it is read, never clicked."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._shown: tuple[StepView, ...] = ()
        self._labels = {step: Label() for step in Step}
        set_kind(self, "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        row.setSpacing(TIGHT)
        for step, label in self._labels.items():
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            row.addWidget(label, 1)
            if step is not Step.INSTALLATION:
                row.addWidget(_dash())
        words.changed.connect(self._say)

    def show_renewal(self, renewal: Json) -> None:
        """Show where a renewal stands."""
        self._shown = time_line(renewal)
        self._say()

    def text(self, step: Step) -> str:
        """Return what is said of a step."""
        return self._labels[step].accessibleName()

    def _say(self) -> None:
        for view in self._shown:
            label, name = self._labels[view.step], self._words(STEP_NAMES[view.step])
            label.setText(f"{_SIGNS[view.standing]} {name}")
            label.setAccessibleName(f"{name}: {self._words(STANDING_NAMES[view.standing])}")
            set_tooltip(label, label.accessibleName())
            set_kind(label, _KINDS[view.standing])


def _dash() -> Label:
    label = Label("—")
    set_kind(label, "muted")
    return label
