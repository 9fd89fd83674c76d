"""The tree of tokens with their certificates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from agent.api.client import Json
from agent.api.listed import is_done_with, named
from agent.ground.language import mark
from agent.windows.icons import icon
from agent.windows.main.order import GROUP_NAMES, MANY_TOKENS, Group, in_order
from agent.windows.style import colours
from agent.windows.texts import isolated, set_tooltip
from agent.windows.words import Words

USES = {
    "signing": mark("signing certificate"),
    "encryption": mark("encryption certificate"),
    "other": mark("other certificate"),
}
_THUMBPRINT = Qt.ItemDataRole.UserRole
_IS_AWAY = Qt.ItemDataRole.UserRole + 1
_INDENTATION = 14
"""Device-independent pixels for each level: names are long, and three levels are clear with less."""
_MARKED = ("expired", "expiring")


class TokenTree(QTreeWidget):
    """Shows every token, what ends first first; those that are not plugged in are grey.

    Many stand under headings by how urgent they are. What was renewed stands under a heading of its own.
    """

    chosen = Signal(str)
    """Another certificate is chosen: its thumbprint, empty for none."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._shown: list[tuple[QTreeWidgetItem, Json]] = []
        self._certificates: dict[str, Json] = {}
        words.show(self.setAccessibleName, mark("Digital certificates"))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setIconSize(QSize(18, 18))
        self.setIndentation(_INDENTATION)
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

    @property
    def token(self) -> Json | None:
        """The token of the certificate that is chosen."""
        chosen = self.certificate
        tokens = (token for _, token in self._shown)
        return next((token for token in tokens if chosen in token["certificates"]), None)

    @property
    def token_items(self) -> list[QTreeWidgetItem]:
        """The tokens' own lines, from above to below."""
        return [item for item, _ in self._shown]

    def show_tokens(self, tokens: list[Json]) -> None:
        """Show ``tokens``; the certificate that was chosen stays chosen where it is still there."""
        before = self.certificate
        self.blockSignals(True)
        self.clear()
        self._shown = []
        self._certificates = {c["thumbprint"]: c for t in tokens for c in t["certificates"]}
        placed = in_order(tokens)
        is_parted = len(tokens) >= MANY_TOKENS and len({each.group for each in placed}) > 1
        for group, members in groupby(placed, key=lambda each: each.group):
            heading = self._add_heading(group) if is_parted else None
            for each in members:
                has_name = len(tokens) > 1 or not each.token["present"]
                item = self._token_item(each.token, has_name=has_name)
                self._add(item, heading)
                self._shown.append((item, each.token))
        self._choose(before["thumbprint"] if before else "")
        self.blockSignals(False)
        self._on_current()

    def choose(self, thumbprint: str) -> None:
        """Choose a certificate, where it is there."""
        if thumbprint in self._certificates:
            self._choose(thumbprint)

    def search(self, text: str) -> None:
        """Show only tokens that have ``text`` in a name or number."""
        found = self._found(text) if text else [True] * len(self._shown)
        for (item, _), is_found in zip(self._shown, found, strict=True):
            item.setHidden(not is_found)
            heading = item.parent()
            if heading is not None:
                members = [heading.child(n) for n in range(heading.childCount())]
                heading.setHidden(all(m is None or m.isHidden() for m in members))
        current = self.currentItem()
        if current is not None and self.visualItemRect(current).isEmpty():
            self._choose("")

    def _found(self, text: str) -> list[bool]:
        from agent.certificates.names import comparable  # noqa: PLC0415 - few search

        sought = comparable(text)
        return [any(sought in comparable(t) for t in _texts(token)) for _, token in self._shown]

    def _add_heading(self, group: Group) -> QTreeWidgetItem:
        heading = QTreeWidgetItem([self._words(GROUP_NAMES[group]), ""])
        font = heading.font(0)
        font.setBold(True)
        heading.setFont(0, font)
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)  # it is no choice
        self._add(heading, None)
        return heading

    def _add(self, item: QTreeWidgetItem, heading: QTreeWidgetItem | None) -> None:
        """Add an open line, at the top or below a heading."""
        if heading is None:
            self.addTopLevelItem(item)
        else:
            heading.addChild(item)
        item.setExpanded(True)

    def _token_item(self, token: Json, *, has_name: bool) -> QTreeWidgetItem:
        certificates = token["certificates"]
        title = token["label"] if has_name else self._words(mark("Digital certificates"))
        away = "" if token["present"] else self._words(mark("not plugged in"))
        item = QTreeWidgetItem([isolated(title), away])
        item.setIcon(0, icon("token"))
        about = named(token, token["model"])
        set_tooltip(item, about if token["present"] else f"{about}\n{token['text']}")
        current = [c for c in certificates if c["is_current"] or c["damage_text"]]
        for certificate in current:
            item.addChild(self._item(certificate))
        rest = [c for c in certificates if c not in current]
        if rest:
            self._add_rest(item, rest)
        if not token["present"]:
            _make_grey(item)
        return item

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
        set_tooltip(item, f"{use}-{name}\n{certificate['text']}")
        item.setData(0, _THUMBPRINT, certificate["thumbprint"])
        if (
            certificate["status"] in _MARKED
            and certificate["is_current"]
            and not is_done_with(certificate)
        ):
            chosen = colours()
            bad = certificate["status"] == "expired"
            item.setForeground(1, QColor(chosen.bad if bad else chosen.warning))
        return item

    def _choose(self, thumbprint: str) -> None:
        """Choose a certificate, else the first one there is."""
        items = list(self._items())
        fitting = [i for i in items if i.data(0, _THUMBPRINT) == thumbprint]
        any_of_them = [i for i in items if i.data(0, _THUMBPRINT)]
        plugged_in = [i for i in any_of_them if not i.data(0, _IS_AWAY)]
        for item in (fitting or plugged_in or any_of_them)[:1]:
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


def _make_grey(item: QTreeWidgetItem) -> None:
    """Have a token and all that is on it look as what is not plugged in; an end keeps its colour."""
    muted = QColor(colours().muted)
    item.setData(0, _IS_AWAY, True)
    item.setForeground(0, muted)
    if item.foreground(1).style() is Qt.BrushStyle.NoBrush:
        item.setForeground(1, muted)
    for child in (item.child(number) for number in range(item.childCount())):
        if child is not None:
            _make_grey(child)


def _texts(token: Json) -> list[str]:
    """Return all by which a token is looked for."""
    names = [token["label"], token["serial"]]
    for certificate in token["certificates"]:
        names += [certificate["organisation"], certificate["uscc"] or "", certificate["serial"]]
    return names
