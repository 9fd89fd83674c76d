"""Which sites were allowed or forbidden what, and taking that back."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.style import SMALL, set_kind
from agent.windows.texts import Label, ValueLabel, day
from agent.windows.window import Context, Window

_ACTIONS = {
    "certificates": mark("see certificates"),
    "renew": mark("renew certificates"),
    "login": mark("log in"),
    "sign": mark("have signed"),
    "decrypt": mark("have decrypted"),
}
_HASHES = mark("may have hashes signed, not documents alone")
_DECISIONS = {"always": mark("allowed"), "never": mark("not allowed")}
_HEADINGS = (mark("Site"), mark("What it may do"), mark("Decided"), mark("Since"))


class SitesWindow(Window):
    """A line for each decision; what the configuration says stands below and cannot be taken back."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._origins: list[str] = []
        self.list = QTreeWidget()
        self.nothing = Label()
        self.configured = ValueLabel()
        self.withdraw = QPushButton()
        self._set_up()
        self.refresh()

    def refresh(self) -> None:
        """Ask for all decisions."""
        self.link.call("sites.list", None, self._show)

    def on_event(self, event: Json) -> None:
        """Follow what is decided elsewhere."""
        if event["event"] in ("consent_closed", "site_withdrawn"):
            self.refresh()

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Sites"))
        words.show(self.withdraw.setText, mark("Withdraw"))
        words.show(self.nothing.setText, mark("Nothing has been decided about any site."))
        words.show(self.list.setAccessibleName, mark("Sites"))
        set_kind(self.nothing, "muted")
        set_kind(self.configured, "muted")
        self.list.setColumnCount(len(_HEADINGS))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.currentItemChanged.connect(lambda *_: self._allow())
        self.withdraw.clicked.connect(self._withdraw)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.configured, 1)
        buttons.addWidget(self.withdraw, 0, Qt.AlignmentFlag.AlignTop)
        self.content.addWidget(self.nothing)
        self.content.addWidget(self.list, 1)
        self.content.addLayout(buttons)
        self.fit(720, 420)
        self._allow()

    def _show(self, listed: Json) -> None:
        self.list.clear()
        self.list.setHeaderLabels([self.words(heading) for heading in _HEADINGS])
        self._origins = [decision["origin"] for decision in listed["decisions"]]
        for decision in listed["decisions"]:
            self.list.addTopLevelItem(self._item(decision))
        self.nothing.setVisible(not self._origins)
        self.list.setCurrentIndex(self.list.model().index(0, 0))
        said = list(self._configured(listed))
        if said:
            said.insert(0, self.words(mark("By the configuration:")))
        self.configured.show_value("\n".join(said))
        self._allow()

    def _configured(self, listed: Json) -> Iterator[str]:
        """Yield what the configuration says, of all actions and of each by itself."""
        of_actions = ((name, rules) for name, rules in listed["actions"].items())
        for action, rules in (("", listed), *of_actions):
            what = f"{self.words(_ACTIONS[action])}: " if action else ""
            for decision, name in (("always", "allow"), ("never", "deny")):
                if rules[name]:
                    word = self.words(_DECISIONS[decision])
                    yield f"{what}{word}: {', '.join(rules[name])}"
        if listed["hashes"]:
            yield f"{self.words(_HASHES)}: {', '.join(listed['hashes'])}"

    def _item(self, decision: Json) -> QTreeWidgetItem:
        values = (
            decision["origin"],
            self.words(_ACTIONS[decision["action"]]),
            self.words(_DECISIONS[decision["decision"]]),
            day(decision["since"]),
        )
        return QTreeWidgetItem(list(values))

    def _allow(self) -> None:
        self.withdraw.setEnabled(self.list.currentIndex().isValid())

    def _withdraw(self) -> None:
        origin = self._origins[self.list.currentIndex().row()]
        self.link.call("sites.withdraw", {"origin": origin}, self._show)
