"""The language of a window, which may change while it is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from agent.api.client import Json
from agent.ground.language import Language, mark, translate, translate_count

ADVICE = {
    "no_window": mark("Start the certificate manager where there is a desktop."),
    "pin_locked": mark("Take the required papers to the authority's counter to have it unlocked."),
    "pin_to_be_changed": mark("Change the PIN first, then repeat the step."),
    "pin_unanswered": mark("Look at what is known of its tries before you enter the PIN again."),
}
"""Advice that names a command, in the words of somebody who sees a window."""

_ENDS = tuple(".!?:。！？：…")
Setter = Callable[[str], object]


class Words(QObject):
    """Says sentences in the window's language.

    What is said once is shown anew when the language changes; what is made of data is made again by
    whoever listens to :attr:`changed`.
    """

    changed = Signal()

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._shown: list[tuple[Setter, str, dict[str, object]]] = []

    @property
    def language(self) -> Language:
        """The language now."""
        return self._language

    def __call__(self, sentence: str, **values: object) -> str:
        """Return a marked sentence in the window's language."""
        return translate(sentence, self._language, **values)

    def in_language(self, sentence: str, language: Language) -> str:
        """Return a marked sentence in another language than the window's."""
        return translate(sentence, language)

    def counted(self, one: str, many: str, count: int, **values: object) -> str:
        """Return a sentence that depends on a number."""
        return translate_count(one, many, count, self._language, **values)

    def show(self, setter: Setter, sentence: str, **values: object) -> None:
        """Say ``sentence`` through ``setter`` now, and again whenever the language changes."""
        self._shown.append((setter, sentence, values))
        setter(self(sentence, **values))

    def of_report(self, report: Json) -> tuple[str, str]:
        """Return the sentence and the advice of an error report."""
        suffix = "_zh" if self._language is Language.ZH else ""
        advice = ADVICE.get(report["code"])
        told = self(advice) if advice else report.get(f"advice{suffix}", "")
        said = report[f"message{suffix}"]
        return (self._ended(said) if told else said), told

    def _ended(self, sentence: str) -> str:
        """Return a sentence as another may follow: what ends with a reason of strangers has no full stop."""
        if sentence.endswith(_ENDS):
            return sentence
        return f"{sentence}{'。' if self._language is Language.ZH else '.'}"

    def change(self, language: Language) -> None:
        """Speak another language from now on."""
        if language is self._language:
            return
        self._language = language
        shown, self._shown = self._shown, []
        for setter, sentence, values in shown:
            try:
                self.show(setter, sentence, **values)
            except RuntimeError:  # Qt has deleted the widget
                self._shown.pop()
        self.changed.emit()
