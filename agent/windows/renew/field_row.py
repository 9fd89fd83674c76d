"""One field of the applicant, checked as it is typed; the review's remark stands beside it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from agent.ground.language import look_up
from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.dossier.cleaning import note_on
from agent.renewals.dossier.fields import check_field
from agent.renewals.dossier.findings import FIELD_NAMES, Finding
from agent.windows.renew.labels import make_label, say
from agent.windows.style import TIGHT
from agent.windows.texts import Label
from agent.windows.words import Words

_LONGEST = 255


class FieldRow(QWidget):
    """Name, field, and below it what is wrong: softly while it is typed, plainly once it is left."""

    edited = Signal()

    def __init__(self, words: Words, field: ApplicantField) -> None:
        super().__init__()
        self._words = words
        self._field = field
        self._is_required = False
        self._was_left = False
        self._label = Label()
        self.edit = QLineEdit()
        self.finding = make_label("bad")
        self.remark = make_label("warning")
        self.edit.setMaxLength(_LONGEST)
        self.edit.installEventFilter(self)
        self.edit.textEdited.connect(lambda _text: self._on_edited())
        self._label.setBuddy(self.edit)
        self.setFocusProxy(self.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        for widget in (self._label, self.edit, self.finding, self.remark):
            column.addWidget(widget)
        column.addStretch(1)
        words.changed.connect(self._say)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.edit.text()

    def fill_in(self, text: str, *, is_required: bool, remark: str) -> None:
        """Show what is known, and what the review says of it."""
        self._is_required = is_required
        self._was_left = bool(text)
        self.edit.setText(text)
        say(self.remark, f"※ {remark}" if remark else "")
        self._say()

    def check(self) -> bool:
        """Say what is wrong, plainly; return whether nothing is."""
        self._was_left = True
        self._say()
        return self._problem() is None

    def show_finding(self, text: str) -> None:
        """Say what the agent found wrong."""
        say(self.finding, text, "bad")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Know when the field is left."""
        if event.type() is QEvent.Type.FocusOut and self.edit.isModified():
            self.check()
        return super().eventFilter(watched, event)

    def _on_edited(self) -> None:
        self._say()
        self.edited.emit()

    def _problem(self) -> Finding | None:
        return check_field(self._field, self.text, is_required=self._is_required)

    def _say(self) -> None:
        language = self._words.language
        name = look_up(FIELD_NAMES[self._field], language)
        name = f"{name[:1].upper()}{name[1:]}{' *' if self._is_required else ''}"
        self._label.setText(name)
        finding = self._problem()
        is_silent = finding is None or (not self.text and not self._was_left)
        text = "" if finding is None or is_silent else finding.text(language)
        note = note_on(self._field, self.text) if finding is None else None
        if note is not None:
            text = note.text(language)
        say(self.finding, text, "bad" if self._was_left and note is None else "muted")
        self.edit.setAccessibleName(name)
        self.edit.setAccessibleDescription(" ".join(filter(None, (text, self.remark.text()))))
