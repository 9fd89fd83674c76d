"""使用“…”的资料: what was given for another renewal of the organisation fills this dossier in."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.renew.labels import isolated
from agent.windows.window import Context


class TakeOverButton(QPushButton):
    """Fills in what is empty, to be checked, and takes it back when told to; nothing is submitted."""

    filled_in = Signal(dict)
    """The dossier (DossierView) after it was filled in, or emptied again."""
    offered = Signal(str, str, object)
    """A sentence for the window's banner, what its button says, and what that does."""
    refused = Signal(dict)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._link, self._words = context.link, context.words
        self._view: Json = None
        self.setAutoDefault(False)
        self._words.changed.connect(self._say)
        self.hide()

    def show_view(self, view: Json) -> None:
        """Offer what there is for a dossier; hidden where nothing is."""
        self._view = view
        self.setVisible(view["source"] is not None)
        self._say()

    def take_over(self, before: Json) -> None:
        """Have the dossier filled in; ``before`` is what it has now: ``applicant`` and ``scans``."""
        source = self._view["source"]
        params = {"id": self._view["id"], "source": source["id"]}
        done = partial(self._on_taken, before, source["token_label"])
        self._link.call("dossiers.take_over", params, done, self.refused.emit)

    def _say(self) -> None:
        if self._view is not None and self._view["source"] is not None:
            token = isolated(self._view["source"]["token_label"])
            self.setText(self._words(mark("Use what was given for “{token}”"), token=token))

    def _on_taken(self, before: Json, label: str, view: Json) -> None:
        self.filled_in.emit(view)
        sentence = mark("Filled in as for “{token}”. Check it before you submit it.")
        had = {scan["name"] for scan in before["scans"]}
        taken = [scan["name"] for scan in view["scans"] if scan["name"] not in had]
        self.offered.emit(
            self._words(sentence, token=isolated(label)),
            self._words(mark("Undo")),
            partial(self._take_back, view["id"], before["applicant"], taken),
        )

    def _take_back(self, renewal_id: str, applicant: Json, taken: list[str]) -> None:
        params = {"id": renewal_id, "applicant": applicant}
        self._link.call("dossiers.write", params, partial(self._remove, renewal_id, taken))

    def _remove(self, renewal_id: str, taken: list[str], _answer: Json) -> None:
        """Take one scan out after the other, then show what is left."""
        if not taken:
            self._link.call("dossiers.get", {"id": renewal_id}, self.filled_in.emit)
            return
        name, *rest = taken
        self._link.call(
            "dossiers.remove", {"id": renewal_id, "name": name},
            partial(self._remove, renewal_id, rest),
        )  # fmt: skip
