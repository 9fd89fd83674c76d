"""The tree of tokens with their certificates."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.icons import icon
from agent.windows.style import colours
from agent.windows.texts import isolated
from agent.windows.words import Words

USES = {
    "signing": mark("signing certificate"),
    "encryption": mark("encryption certificate"),
    "other": mark("other certificate"),
}
_THUMBPRINT = Qt.ItemDataRole.UserRole
_MARKED = ("expired", "expiring")


class TokenTree(QTreeWidget):
    """Shows every token; what was renewed stands under a heading of its own."""

    chosen = Signal(str)
    """Another certificate is chosen: its thumbprint, empty for none."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._tokens: list[Json] = []
        self._certificates: dict[str, Json] = {}
        words.show(self.setAccessibleName, mark("Digital certificates"))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setIconSize(QSize(18, 18))
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.currentItemChanged.connect(self._on_current)

    @property
    def certificate(self) -> Json | None:
        """The certificate that is chosen."""
        item = self.currentItem()
        return self._certificates.get(item.data(0, _THUMBPRINT)) if item is not None else None

    def show_tokens(self, tokens: list[Json]) -> None:
        """Show ``tokens``; the certificate that was chosen stays chosen where it is still there."""
        before = self.certificate
        self.blockSignals(True)
        self.clear()
        self._tokens = tokens
        self._certificates = {c["thumbprint"]: c for t in tokens for c in t["certificates"]}
        for token in tokens:
            self._add_token(token, has_name=len(tokens) > 1)
        self._choose(before["thumbprint"] if before else "")
        self.blockSignals(False)
        self._on_current()

    def choose(self, thumbprint: str) -> None:
        """Choose a certificate, where it is there."""
        if thumbprint in self._certificates:
            self._choose(thumbprint)

    def search(self, text: str) -> None:
        """Show only tokens that have ``text`` in a name or number."""
        found = self._found(text) if text else [True] * len(self._tokens)
        for number, is_found in enumerate(found):
            item = self.topLevelItem(number)
            assert item is not None
            item.setHidden(not is_found)
        current = self.currentItem()
        if current is not None and self.visualItemRect(current).isEmpty():
            self._choose("")

    def _found(self, text: str) -> list[bool]:
        from agent.certificates.names import comparable  # noqa: PLC0415 - few search

        sought = comparable(text)
        return [any(sought in comparable(t) for t in _texts(token)) for token in self._tokens]

    def _add_token(self, token: Json, *, has_name: bool) -> None:
        certificates = token["certificates"]
        title = token["label"] if has_name else self._words(mark("Digital certificates"))
        item = QTreeWidgetItem([isolated(title), ""])
        item.setIcon(0, icon("token"))
        item.setToolTip(0, f"{token['label']}  ({token['model']}, {token['serial']})")
        self.addTopLevelItem(item)
        current = [c for c in certificates if c["is_current"] or c["damage_text"]]
        for certificate in current:
            item.addChild(self._item(certificate))
        item.setExpanded(True)
        rest = [c for c in certificates if c not in current]
        if rest:
            self._add_rest(item, rest)

    def _add_rest(self, parent: QTreeWidgetItem, certificates: list[Json]) -> None:
        """Add what is no longer, or not for this, in use: closed, since few look for it."""
        more = QTreeWidgetItem([self._words(mark("Renewed and other certificates")), ""])
        more.setIcon(0, icon("other"))
        parent.addChild(more)
        for certificate in certificates:
            more.addChild(self._item(certificate))

    def _item(self, certificate: Json) -> QTreeWidgetItem:
        name = certificate["organisation"] or certificate["subject"]
        use = self._words(USES[certificate["use"]])
        item = QTreeWidgetItem([f"{use}-{isolated(name)}", certificate["text"]])
        item.setIcon(0, icon(certificate["use"]))
        item.setToolTip(0, f"{use}-{name}\n{certificate['text']}")
        item.setData(0, _THUMBPRINT, certificate["thumbprint"])
        if certificate["status"] in _MARKED and certificate["is_current"]:
            chosen = colours()
            bad = certificate["status"] == "expired"
            item.setForeground(1, QColor(chosen.bad if bad else chosen.warning))
        return item

    def _choose(self, thumbprint: str) -> None:
        """Choose a certificate, else the first one there is."""
        items = list(self._items())
        fitting = [i for i in items if i.data(0, _THUMBPRINT) == thumbprint]
        any_of_them = [i for i in items if i.data(0, _THUMBPRINT)]
        for item in (fitting or any_of_them)[:1]:
            self.setCurrentItem(item)

    def _items(self) -> Iterator[QTreeWidgetItem]:
        waiting = [self.topLevelItem(n) for n in range(self.topLevelItemCount())]
        while waiting:
            item = waiting.pop(0)
            if item is not None and not item.isHidden():
                yield item
                waiting[:0] = [item.child(n) for n in range(item.childCount())]

    def _on_current(self) -> None:
        certificate = self.certificate
        self.chosen.emit(certificate["thumbprint"] if certificate else "")


def _texts(token: Json) -> list[str]:
    """Return all by which a token is looked for."""
    names = [token["label"], token["serial"]]
    for certificate in token["certificates"]:
        names += [certificate["organisation"], certificate["uscc"] or "", certificate["serial"]]
    return names
