"""A site asks whether it may see certificates, or renew one: a question that is answered by a button.

"Always allow" is never where the pointer is when the window comes.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QVBoxLayout

from agent.ground.language import mark
from agent.windows.question_window import QuestionWindow
from agent.windows.style import MEDIUM, SMALL, set_kind
from agent.windows.window import Context

_DECISIONS = (
    ("decline", mark("Decline")),
    ("once", mark("Allow once")),
    ("always", mark("Always allow")),
    ("never", mark("Never allow")),
)
_PLACED = frozenset(
    {QEvent.Type.Show, QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Enter, QEvent.Type.Paint}
)
"""When the pointer may be somewhere else in the window than before, without anybody's moving it."""


class ConsentWindow(QuestionWindow):
    """One question, four answers."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self.buttons: dict[str, QPushButton] = {}
        self.words.show(self.setWindowTitle, mark("A site asks for your consent"))
        self._row = self._button_row()
        answering = QVBoxLayout()
        answering.setSpacing(MEDIUM)
        answering.addWidget(self.left)
        answering.addLayout(self._row)
        self.set_up(answering, (560, 380))

    def listen(self, is_listening: bool) -> None:
        """Show whether an answer is taken now."""
        for button in self.buttons.values():
            button.setEnabled(is_listening)
        if is_listening:
            self.buttons["decline"].setFocus()

    def event(self, event: QEvent) -> bool:
        """Keep "always" away from the pointer for as long as nobody can have moved it there to answer."""
        if event.type() in _PLACED and self.deafness.lasts:
            self._keep_always_away()
        return super().event(event)

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        for decision, title in _DECISIONS:
            self.buttons[decision] = button = QPushButton()
            self.words.show(button.setText, title)
            button.setAutoDefault(False)
            button.setEnabled(False)
            button.clicked.connect(lambda _=False, d=decision: self.decide(d))
            if decision == "never":
                row.insertWidget(0, button)
                row.insertStretch(1, 1)
            else:
                row.addWidget(button)
        set_kind(self.buttons["decline"], "primary")
        self.buttons["decline"].setDefault(True)
        return row

    def _keep_always_away(self) -> None:
        """Have the row's end with "always" in the half of the window where the pointer is not."""
        pointer = self.mapFromGlobal(QCursor.pos())
        is_at_end = self.rect().contains(pointer) and pointer.x() >= self.width() // 2
        direction = (
            QBoxLayout.Direction.RightToLeft if is_at_end else QBoxLayout.Direction.LeftToRight
        )
        if self._row.direction() is not direction:
            self._row.setDirection(direction)
