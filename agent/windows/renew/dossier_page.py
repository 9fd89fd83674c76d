"""填写资料: the applicant's data and the stamped scans, first given or amended.

Everything typed and chosen is kept by the agent as it comes, so the page can be left at any time.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName
from agent.windows.renew.clipboard import Given
from agent.windows.renew.field_row import FieldRow
from agent.windows.renew.grid import Grid
from agent.windows.renew.labels import make_label, say
from agent.windows.renew.letter_button import LetterButton
from agent.windows.renew.plan import items_to_amend, remarks_by_item
from agent.windows.renew.scan_dialog import ScanDialog
from agent.windows.renew.scan_slot import ScanSlot
from agent.windows.renew.take_over_button import TakeOverButton
from agent.windows.style import MEDIUM, SMALL, set_kind
from agent.windows.window import Context

KEEP_MS = 600
"""After the last key, before what was typed is kept."""
_KNOWN = frozenset(
    {*(field.value for field in ApplicantField), *(name.value for name in DocumentName)}
)
_FORMATS = {"image/jpeg": "jpg, jpeg", "image/png": "png", "image/gif": "gif", "image/bmp": "bmp"}


class DossierPage(QWidget):
    """Fields and scans of one renewal."""

    submitted = Signal(dict)
    """The renewal after its dossier was taken."""
    said = Signal(str, str)
    """A sentence for the window's banner, and its kind."""
    offered = Signal(str, str, object)
    """A sentence for it, what its button says, and what that does."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context, self._words, self._link = context, context.words, context.link
        self._renewal: Json = None
        self._view: Json = None
        self._kept: dict[str, str] = {}
        self._fills_in = False
        self._timer = QTimer(self)
        self.about = make_label()
        self.source = TakeOverButton(context)
        self.remark = make_label("warning")
        self.rows = {field: FieldRow(self._words, field) for field in ApplicantField}
        self.slots = {name: ScanSlot(self._words, name) for name in DocumentName}
        self._field_grid, self._scan_grid = (
            Grid(self.rows.values(), wide=[self.rows[ApplicantField.ADDRESS]]),
            Grid(self.slots.values()),
        )
        self.limits = make_label("muted")
        self.letter = LetterButton(context)
        self.keep = QCheckBox()
        self.submit = QPushButton()
        self.foot = QWidget()
        """What is done with the whole: to stay in sight below the page, which is long."""
        self._set_up()
        self._arrange()

    def enter(self, renewal: Json, *, fills_in: bool = False) -> None:
        """Show a renewal's dossier as far as it is filled in.

        With ``fills_in`` it is filled in from another of the same organisation, where there is one.
        """
        self._fills_in = fills_in
        self._renewal, self._view, self._kept = renewal, None, {}
        self.letter.renewal_id = renewal["id"]
        self._enable(False)
        self._link.call("dossiers.get", {"id": renewal["id"]}, self._fill_in)

    def leave(self) -> None:
        """Keep what was typed last."""
        self._timer.stop()
        if self._view is None or self._renewal["state"] not in ("drafting", "rejected"):
            return
        typed = {field.value: row.text for field, row in self.rows.items()}
        changed = {name: text for name, text in typed.items() if text != self._kept.get(name)}
        if changed:
            self._kept |= changed
            self._link.call("dossiers.write", {"id": self._renewal["id"], "applicant": changed})

    def fit(self, width: int) -> None:
        """Take the room there is."""
        for grid in (self._field_grid, self._scan_grid):
            grid.fit(width)

    @property
    def is_ready(self) -> bool:
        """Whether the dossier is shown."""
        return self._view is not None and self.isEnabled()

    def _enable(self, is_it: bool) -> None:
        self.setEnabled(is_it)
        self.foot.setEnabled(is_it)

    def _set_up(self) -> None:
        words = self._words
        words.show(self.submit.setText, mark("Submit"))
        words.show(self.keep.setText, mark("Keep the applicant's data for next time (encrypted)"))
        set_kind(self.submit, "primary")
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEEP_MS)
        self._timer.timeout.connect(self.leave)
        self.letter.before = self.leave
        self.letter.written.connect(lambda text: self.said.emit(text, "good"))
        self.letter.failed.connect(lambda text: self.said.emit(text, "bad"))
        self.submit.clicked.connect(self._submit)
        self.source.clicked.connect(self._take_over)
        self.source.filled_in.connect(self._on_filled_in)
        self.source.offered.connect(self.offered)
        self.source.refused.connect(self._on_not_taken)
        for row in self.rows.values():
            row.edited.connect(self._timer.start)
        for name, slot in self.slots.items():
            slot.given.connect(partial(self._choose, name))
            slot.removed.connect(partial(self._ask, "dossiers.remove", name))
            slot.looked_at.connect(partial(self._look_at, name))
        words.changed.connect(self._say)

    def _fill_in(self, view: Json) -> None:
        self._view = view
        self._enable(True)
        remarks = remarks_by_item(self._renewal)
        for field, row in self.rows.items():
            text = view["applicant"].get(field.value, "")
            self._kept[field.value] = text
            is_required = field.value in view["required_fields"]
            row.fill_in(text, is_required=is_required, remark=remarks.get(field.value, ""))
        self.keep.setChecked(view["is_applicant_kept"])
        self._show_scans(view)
        self.source.show_view(view)
        self._say()
        self._focus()
        if self._fills_in and view["source"] is not None:
            self._take_over()

    def _take_over(self) -> None:
        self._fills_in = False
        self.leave()
        self._enable(False)
        self.source.take_over({"applicant": dict(self._kept), "scans": self._view["scans"]})

    def _on_filled_in(self, view: Json) -> None:
        if view["id"] == self._renewal["id"]:
            self._fill_in(view)

    def _on_not_taken(self, report: Json) -> None:
        # Some of it may be filled in, and has to be seen.
        self._link.call("dossiers.get", {"id": self._renewal["id"]}, self._on_filled_in)
        self.said.emit(" ".join(filter(None, self._words.of_report(report))), "bad")

    def _say(self) -> None:
        if self._view is None:
            return
        words, view = self._words, self._view
        remarks = remarks_by_item(self._renewal)
        whole = "\n".join(text for item, text in remarks.items() if item not in _KNOWN)
        say(self.remark, f"※ {whole}" if whole else "")
        fill_in = mark("Fill in the applicant's data and add the scans. * is required.")
        amend = mark("The review asks for amendments. The rest stays as it was submitted.")
        self.about.setText(words(amend if view["is_amendment"] else fill_in))
        formats = ", ".join(_FORMATS.get(each, each) for each in view["formats"])
        limit = mark(
            "Each file smaller than {limit} KB: {formats}. Others are offered a conversion."
        )
        self.limits.setText(words(limit, limit=view["max_bytes"] // 1024, formats=formats))
        self._show_only_what_is_asked()

    def _show_only_what_is_asked(self) -> None:
        asked = items_to_amend(self._renewal, _KNOWN)
        self._field_grid.show_only(
            [row for field, row in self.rows.items() if asked is None or field.value in asked]
        )
        self._scan_grid.show_only(
            [slot for name, slot in self.slots.items() if asked is None or name.value in asked]
        )
        has_scans = asked is None or any(name.value in asked for name in DocumentName)
        self.limits.setVisible(has_scans)
        self.letter.setVisible(asked is None or DocumentName.AUTHORISATION_LETTER.value in asked)
        self.keep.setVisible(asked is None)

    def _focus(self) -> None:
        shown = [row for row in self.rows.values() if not row.isHidden()]
        empty = [row for row in shown if not row.text]
        if shown:
            (empty or shown)[0].edit.setFocus()

    def _show_scans(self, view: Json) -> None:
        self._view = view
        remarks = remarks_by_item(self._renewal)
        scans = {scan["name"]: scan for scan in view["scans"]}
        for name, slot in self.slots.items():
            is_required = name.value in view["required_documents"]
            scan, remark = scans.get(name.value), remarks.get(name.value, "")
            slot.show_scan(scan, is_required=is_required, remark=remark)

    def _choose(self, name: DocumentName, given: Given) -> None:
        if given.path:
            self._ask("dossiers.choose", name, path=given.path)
        else:
            pasted = self._words(mark("Pasted picture"))
            self._ask("dossiers.choose", name, content=given.content, file=pasted)

    def _ask(self, method: str, name: DocumentName, **params: Json) -> None:
        self._link.call(
            method, {"id": self._renewal["id"], "name": name.value, **params},
            self._show_scans, partial(self._on_scan_refused, name),
        )  # fmt: skip

    def _on_scan_refused(self, name: DocumentName, report: Json) -> None:
        text = " ".join(filter(None, self._words.of_report(report)))
        self.slots[name].show_finding(text)

    def _look_at(self, name: DocumentName) -> None:
        scan = next(scan for scan in self._view["scans"] if scan["name"] == name.value)
        dialog = ScanDialog(self._context, self._renewal["id"], scan, self)
        dialog.used.connect(
            lambda is_converted: self._ask("dossiers.use", name, is_converted=is_converted)
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _submit(self) -> None:
        rows = [row for row in self.rows.values() if not row.isHidden()]
        wrong = [row for row in rows if not row.check()]
        if wrong:
            wrong[0].edit.setFocus()
            return
        self.leave()
        self._keep_applicant()
        self.submit.setEnabled(False)
        self._link.call(
            "dossiers.submit", {"id": self._renewal["id"]}, self._on_submitted, self._on_refused
        )

    def _keep_applicant(self) -> None:
        typed = {field.value: row.text for field, row in self.rows.items()}
        if self.keep.isChecked():
            self._link.call("applicant.keep", {"applicant": typed})
        elif self._view["is_applicant_kept"]:
            self._link.call("applicant.forget")

    def _on_submitted(self, renewal: Json) -> None:
        self.submit.setEnabled(True)
        self.submitted.emit(renewal)

    def _on_refused(self, report: Json) -> None:
        self.submit.setEnabled(True)
        suffix = "_zh" if self._words.language.value.startswith("zh") else ""
        parts: dict[str, FieldRow | ScanSlot] = {
            **{field.value: row for field, row in self.rows.items()},
            **{name.value: slot for name, slot in self.slots.items()},
        }
        found = {item["item"]: item[f"message{suffix}"] for item in report["items"]}
        wrong = [part for name, part in parts.items() if name in found]
        for name in found.keys() & parts.keys():
            parts[name].show_finding(found[name])
        if wrong:
            wrong[0].setFocus()  # the page scrolls there by itself
        self.said.emit(" ".join(filter(None, self._words.of_report(report))), "bad")

    def _arrange(self) -> None:
        buttons = QHBoxLayout(self.foot)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.letter)
        buttons.addStretch(1)
        buttons.addWidget(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(self.about)
        column.addWidget(self.source, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.remark)
        column.addLayout(self._field_grid)
        column.addWidget(self.keep)
        column.addWidget(self.limits)
        column.addLayout(self._scan_grid)
        column.addStretch(1)
