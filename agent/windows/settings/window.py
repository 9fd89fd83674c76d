"""The window of 设置: what is changed takes effect at once, or says when it does."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import Language, mark
from agent.windows.scrolling import scrolled
from agent.windows.settings.editors import (
    DayList,
    Editor,
    LanguageChoice,
    ModuleFiles,
    Shown,
    Switch,
    Text,
)
from agent.windows.settings.silenced import SilencedCard
from agent.windows.style import LARGE, MEDIUM, TIGHT, set_kind
from agent.windows.tab_order import keep_last
from agent.windows.texts import Label, ValueLabel
from agent.windows.window import Context, Window
from agent.windows.words import Words

_LINE = 34
"""Device-independent pixels of a field or button: beside its first one a title stands in the middle."""
_LOCKED = mark("Set by the administrator")
_AT_NEXT_START = mark("Takes effect when the certificate manager starts again.")
_RESTARTING = mark(
    "The certificate manager starts again. A step that a PIN was entered for is finished first."
)


def _editors(words: Words) -> dict[str, Editor]:
    """Return what each key is changed with, in the order they are shown."""
    return {
        "language": LanguageChoice(words),
        "autostart": Switch(words),
        "reminders.notifications": Switch(words),
        "reminders.thresholds": DayList(),
        "reminders.quiet_hours": Text("22:00-07:00"),
        "tokens.remember": Switch(words),
        "module": ModuleFiles(words),
        "discover_modules": Switch(words),
        "authority": Shown(lambda authority: f"{authority['name']}  {authority['url']}"),
    }


class SettingsWindow(Window):
    """A line for each setting, with why it cannot be changed where it cannot."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self.editors = _editors(self.words)
        self.titles: dict[str, Label] = {}
        self.notes: dict[str, Label] = {}
        self.restarts: dict[str, QPushButton] = {}
        self.file = ValueLabel()
        self.sites = QPushButton()
        self.silenced = SilencedCard(self.link, self.words)
        self._set_up()
        self.refresh()

    def refresh(self) -> None:
        """Ask for all settings."""
        self.link.call("settings.get", None, self._show)
        self.silenced.refresh()

    def on_event(self, event: Json) -> None:
        """Follow what is changed elsewhere."""
        if event["event"] == "settings_changed":
            self.refresh()
        elif event["event"] in ("reminders_changed", "remembered_changed", "tokens_changed"):
            self.silenced.refresh()

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Settings"))
        words.show(self.sites.setText, mark("Sites with consent …"))
        self.silenced.filled.connect(lambda: keep_last(self, self.sites))
        self.sites.clicked.connect(lambda: self.link.call("windows.open", {"name": "sites"}))
        set_kind(self.file, "muted")
        card = QFrame()
        set_kind(card, "card")
        form = QFormLayout(card)
        form.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        form.setHorizontalSpacing(LARGE)
        form.setVerticalSpacing(MEDIUM)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for key, editor in self.editors.items():
            form.addRow(*self._row(key, editor))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(card)
        column.addWidget(self.silenced)
        column.addStretch(1)
        area = scrolled(inside)
        buttons = QHBoxLayout()
        buttons.addWidget(self.file, 1)
        buttons.addWidget(self.sites)
        self.content.addWidget(area, 1)
        self.content.addLayout(buttons)
        self.fit(680, 620)

    def _row(self, key: str, editor: Editor) -> tuple[Label, QWidget]:
        self.titles[key] = title = Label()
        self.notes[key] = note = Label()
        title.setBuddy(editor)
        title.setFixedHeight(min(editor.sizeHint().height(), _LINE))
        note.setWordWrap(True)
        set_kind(note, "muted")
        note.hide()
        editor.wanted.connect(lambda value: self._set(key, value))
        self.restarts[key] = restart = QPushButton()
        self.words.show(restart.setText, mark("Restart now"))
        restart.clicked.connect(self._restart)
        restart.hide()
        said = QHBoxLayout()
        said.addWidget(note, 1)
        said.addWidget(restart)
        field = QWidget()
        column = QVBoxLayout(field)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(editor)
        column.addLayout(said)
        return title, field

    def _show(self, listed: Json) -> None:
        for setting in listed["settings"]:
            if setting["key"] in self.editors:
                self._show_setting(setting)
        self.file.show_value(listed["file"])
        suffix = "_zh" if self.words.language is Language.ZH else ""
        said = "\n".join(problem[f"message{suffix}"] for problem in listed["problems"])
        if said:
            self.banner.say(said, "warning")

    def _show_setting(self, setting: Json) -> None:
        key = setting["key"]
        editor = self.editors[key]
        self.titles[key].setText(setting["title"])
        (editor.focusProxy() or editor).setAccessibleName(setting["title"])
        editor.show_value(setting["value"])
        editor.setEnabled(not setting["is_locked"])
        if setting["is_locked"]:
            self._note(key, self.words(_LOCKED))
        else:
            self._show_whether_a_restart_is_due(key, is_due=setting["needs_restart"])

    def _show_whether_a_restart_is_due(self, key: str, *, is_due: bool) -> None:
        """Whoever changed it, and wherever; a sentence of another kind at the setting stays."""
        if is_due:
            self._note(key, self.words(_AT_NEXT_START))
        elif not self.restarts[key].isHidden():
            self._note(key, "")
        self.restarts[key].setVisible(is_due)

    def _set(self, key: str, value: Json) -> None:
        params = {"key": key, "value": value}
        self.banner.hush()
        self.link.call("settings.set", params, self._take, lambda report: self._refuse(key, report))

    def _take(self, setting: Json) -> None:
        self._note(setting["key"], "")
        self._show_setting(setting)

    def _restart(self) -> None:
        """Have the agent start anew: it ends its windows with it, and opens them again."""
        self._allow_restart(is_allowed=False)
        self.banner.say(self.words(_RESTARTING), "good")
        self.link.call("agent.restart", None, None, self._on_not_restarted)

    def _on_not_restarted(self, report: Json) -> None:
        self._allow_restart(is_allowed=True)
        self.say_refusal(report)

    def _allow_restart(self, *, is_allowed: bool) -> None:
        for button in self.restarts.values():
            button.setEnabled(is_allowed)

    def _refuse(self, key: str, report: Json) -> None:
        """Say why not, at the setting itself; what was typed stays to be mended."""
        self._note(key, " ".join(filter(None, self.words.of_report(report))), "bad")

    def _note(self, key: str, text: str, kind: str = "muted") -> None:
        self.notes[key].setText(text)
        self.notes[key].setVisible(bool(text))
        set_kind(self.notes[key], kind)
