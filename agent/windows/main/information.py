"""证书信息: what the guide shows of one certificate, with the red mark of an expired one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.api.listed import is_done_with, leads
from agent.ground.language import mark
from agent.windows.main.drawer_strip import DrawerStrip
from agent.windows.main.tree import USES
from agent.windows.scrolling import scrolled
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import Label, ValueLabel, day
from agent.windows.words import Words

_KINDS = {"expired": "bad", "expiring": "warning", "valid": "good", "not_yet_valid": "warning"}
_DUE = ("expired", "expiring")
_ROWS = (
    ("use", mark("Certificate type")),
    ("validity", mark("Validity")),
    ("issuer", mark("Issuer")),
    ("country", mark("Country")),
    ("organisation", mark("Organisation")),
    ("province", mark("Province")),
    ("locality", mark("Address")),
)


class CertificateInformation(QFrame):
    """One certificate; its values that are not in the listing come a moment later."""

    details_wanted = Signal()
    export_wanted = Signal()
    renew_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._certificate: Json = None
        self._details: Json = None
        self.values: dict[str, ValueLabel] = {}
        self.mark = Label()
        self.days = Label()
        self.note = ValueLabel()
        self.drawer = DrawerStrip(words)
        self.details = QPushButton()
        self.export = QPushButton()
        self.renew = QPushButton()
        set_kind(self, "card")
        set_kind(self.mark, "stamp")
        set_kind(self.note, "bad")
        self.days.setWordWrap(True)
        words.show(self.details.setText, mark("Details"))
        words.show(self.export.setText, mark("Export"))
        words.show(self.renew.setText, mark("Renew certificate"))
        set_kind(self.renew, "primary")
        self.renew.clicked.connect(self.renew_wanted)
        self.details.clicked.connect(self.details_wanted)
        self.export.clicked.connect(self.export_wanted)
        words.changed.connect(self._fill)
        self._arrange()

    def show_certificate(self, certificate: Json, token: Json) -> None:
        """Show what the listing says of a certificate and its token."""
        lead = next(
            (one for one in leads(token) if one["pair"] == certificate["pair"]), certificate
        )
        self.drawer.show_token(token, lead)
        is_same = self._details and self._details["thumbprint"] == certificate["thumbprint"]
        self._certificate = certificate
        self._details = self._details if is_same else None
        self._fill()

    def show_details(self, details: Json) -> None:
        """Add what only the certificate itself says; of another one than is shown, nothing."""
        if self._certificate and details["thumbprint"] == self._certificate["thumbprint"]:
            self._details = details
            self._fill()

    def _arrange(self) -> None:
        """Put all in place from outside in: what is put somewhere is styled with all that is in it."""
        heading = Label()
        set_kind(heading, "heading")
        self._words.show(heading.setText, mark("Certificate information"))
        inside, buttons = QWidget(), QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(heading)
        column.addWidget(scrolled(inside), 1)  # what may be long; the buttons stay in sight
        column.addLayout(buttons)
        self._arrange_values(inside)
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        for button in (self.export, self.details, self.renew):
            buttons.addWidget(button)

    def _arrange_values(self, inside: QWidget) -> None:
        column, form = QVBoxLayout(inside), QFormLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(self.drawer)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addStretch(1)
        form.setHorizontalSpacing(LARGE)
        form.setVerticalSpacing(SMALL)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for name, title in _ROWS:
            self.values[name] = ValueLabel()
            form.addRow(self._title(title), self.values[name])
            if name == "validity":
                form.setLayout(form.rowCount(), QFormLayout.ItemRole.FieldRole, self._marks())

    def _title(self, sentence: str) -> Label:
        title = Label()
        set_kind(title, "muted")
        self._words.show(title.setText, sentence)
        return title

    def _marks(self) -> QHBoxLayout:
        """Return the mark and the days, which stand below the dates."""
        marks = QHBoxLayout()
        marks.setSpacing(MEDIUM)
        marks.addWidget(self.mark)
        marks.addWidget(self.days, 1)
        return marks

    def _fill(self) -> None:
        if not self._certificate:
            return
        certificate = self._certificate
        set_kind(self.days, _KINDS[certificate["status"]])  # before it is measured
        for name, value in self._values(certificate).items():
            self.values[name].show_value(value)
        is_expired = certificate["status"] == "expired"
        self.mark.setText(self._words(mark("expired certificate")) if is_expired else "")
        self.mark.setVisible(is_expired)
        self.days.setText(certificate["text"])
        is_due = certificate["status"] in _DUE and certificate["is_current"]
        self.renew.setVisible(is_due and not is_done_with(certificate))
        chain = certificate["chain"]
        chain_text = chain["text"] if chain and chain["state"] == "bad_signature" else ""
        said = "\n".join(filter(None, (certificate["damage_text"], chain_text)))
        self.note.show_value(said)
        self.note.setVisible(bool(said))

    def _values(self, certificate: Json) -> dict[str, str]:
        details = self._details or {"subject": {}, "issuer": {}}
        subject, issuer = details["subject"], details["issuer"]
        days = {"start": day(certificate["not_before"]), "end": day(certificate["not_after"])}
        return {
            "use": self._words(USES[certificate["use"]]),
            "validity": self._words(mark("{start} to {end}"), **days),
            "issuer": issuer.get("CN") or issuer.get("O") or certificate["issuer"],
            "country": subject.get("C", ""),
            "organisation": certificate["organisation"],
            "province": subject.get("ST", ""),
            "locality": subject.get("STREET") or subject.get("L", ""),
        }
