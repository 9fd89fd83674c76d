"""The time line: where the renewal stands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from agent.api.client import Json
from agent.renewals.course import Step
from agent.windows.renew.plan import (
    STANDING_NAMES,
    STEP_NAMES,
    Standing,
    StepView,
    time_line,
)
from agent.windows.renew.step_sign import StepSign
from agent.windows.style import SMALL, TIGHT, set_kind
from agent.windows.texts import Label, set_tooltip
from agent.windows.words import Words

_KINDS = {
    Standing.DONE: "good",
    Standing.NOW: "strong",
    Standing.AHEAD: "muted",
    Standing.TROUBLE: "bad",
}


class TimeLine(QFrame):
    """The steps there are in a row, joined by a line; it is read, never clicked."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._shown: tuple[StepView, ...] = ()
        self._labels = {step: Label() for step in Step}
        self._signs = {step: StepSign() for step in Step}
        self._is_roomy = True
        set_kind(self, "card")
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        row.setSpacing(0)  # the line goes on from sign to sign
        for step, label in self._labels.items():
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            column = QVBoxLayout()
            column.setSpacing(TIGHT)
            column.addWidget(self._signs[step])
            column.addWidget(label, 1)
            row.addLayout(column)
        words.changed.connect(self._say)

    def show_renewal(self, renewal: Json) -> None:
        """Show where a renewal stands."""
        self._shown = time_line(renewal)
        for number, view in enumerate(self._shown, 1):
            self._signs[view.step].show_place(number, len(self._shown))
        self._show_steps()
        self._say()

    @property
    def has_steps(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._shown)

    def name_steps(self, is_roomy: bool) -> None:
        """Show the names below the signs, where there is room; as tooltips they stay."""
        self._is_roomy = is_roomy
        self._show_steps()

    def _show_steps(self) -> None:
        steps = {view.step for view in self._shown}
        for place, (step, sign) in enumerate(self._signs.items()):
            sign.setVisible(step in steps)
            self._row.setStretch(place, int(step in steps))
            self._labels[step].setVisible(step in steps and self._is_roomy)

    def text(self, step: Step) -> str:
        """Return what is said of a step."""
        return self._labels[step].accessibleName()

    def _say(self) -> None:
        standings = [None, *(view.standing for view in self._shown)]
        for before, view in zip(standings, self._shown, strict=False):
            label, name = self._labels[view.step], self._words(STEP_NAMES[view.step])
            label.setText(name)
            label.setAccessibleName(f"{name}: {self._words(STANDING_NAMES[view.standing])}")
            for shown in (label, self._signs[view.step]):
                set_tooltip(shown, label.accessibleName())
            set_kind(label, _KINDS[view.standing])
            self._signs[view.step].show_standing(view.standing, before)
