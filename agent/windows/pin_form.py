"""The three fields of a PIN change, checked as they are typed. The rules are agent.tokens.pin_rules."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.ground.language import mark
from agent.tokens.model import PinLimits
from agent.tokens.pin import wipe
from agent.tokens.pin_rules import NewPinRefusedError, PinRule, check_new_pin
from agent.windows.pin_field import PinField
from agent.windows.style import MEDIUM, set_kind
from agent.windows.texts import Label
from agent.windows.words import Words


class PinForm(QWidget):
    """Old PIN, new PIN, new PIN again."""

    changed = Signal()
    submitted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._limits = PinLimits()
        self._printed: tuple[str, ...] = ()
        self.old = PinField(words, mark("Old PIN"))
        self.new = PinField(words, mark("New PIN"))
        self.again = PinField(words, mark("Repeat the new PIN"))
        self.finding = Label()
        self.finding.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for field in (self.old, self.new, self.again):
            column.addWidget(field)
            field.changed.connect(self._on_change)
            field.submitted.connect(self.submitted)
        column.addWidget(self.finding)
        words.changed.connect(self._on_change)
        self._on_change()

    @property
    def is_complete(self) -> bool:
        """Whether all is typed and the new PIN breaks no rule."""
        return not self.old.is_empty and not self.again.is_empty and self._broken() is None

    def rules(self, limits: PinLimits, printed: Sequence[str]) -> None:
        """Go by a token's limits, and by what is printed on it or shown of it."""
        self._limits, self._printed = limits, tuple(printed)
        self._on_change()

    def take(self) -> tuple[bytearray, bytearray]:
        """Return the old and the new PIN and empty all fields. Who takes them wipes them."""
        wipe(self.again.take())
        return self.old.take(), self.new.take()

    def clear(self) -> None:
        """Empty all fields."""
        for field in (self.old, self.new, self.again):
            field.clear()

    def _on_change(self) -> None:
        broken = self._broken()
        self.finding.setText(broken.text(self._words.language) if broken else self._hint())
        set_kind(self.finding, "bad" if broken else "muted")
        self.changed.emit()

    def _hint(self) -> str:
        limits = self._limits
        sentence = mark("{shortest} to {longest} characters: digits, letters, signs.")
        return self._words(sentence, shortest=limits.shortest, longest=limits.longest)

    def _broken(self) -> NewPinRefusedError | None:
        """Return the rule the new PIN breaks, as far as it is typed."""
        if self.new.is_empty:
            return None
        old, new, again = self.old.peek(), self.new.peek(), self.again.peek()
        try:
            check_new_pin(old, new, self._limits, self._printed)
            if again and again != new:
                return NewPinRefusedError(PinRule.MISTYPED, self._limits)
        except NewPinRefusedError as error:
            return error
        finally:
            for pin in (old, new, again):
                wipe(pin)
        return None
