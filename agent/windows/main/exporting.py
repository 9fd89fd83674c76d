"""A certificate as a file: PEM, DER or text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from agent.api.client import Json
from agent.windows.file_dialogs import open_above

FILTERS = {"PEM (*.pem)": ".pem", "DER (*.cer)": ".cer", "Text (*.txt)": ".txt"}
"""What a certificate is written as, and the suffix of each."""
LIST_FILTERS = {"CSV (*.csv)": ".csv", "iCalendar (*.ics)": ".ics"}
_UNFIT = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 60


def as_text(details: Json) -> str:
    """Return all a certificate says, a line for each value."""
    lines = [f"{line['name']}: {line['value']}" for line in details["details"]]
    return "\n".join(lines) + "\n"


def file_name(certificate: Json, suffix: str = ".pem") -> str:
    """Return a name that says whose certificate it is and what for, and that every system takes."""
    name = certificate["organisation"] or certificate["thumbprint"][:16]
    return f"{_UNFIT.sub('_', name)[:_LONGEST_NAME]}-{certificate['use']}{suffix}"


def write(details: Json, file: Path) -> None:
    """Write a certificate in the form its file's suffix says, PEM for an unknown one; OSError."""
    if file.suffix.lower() in (".cer", ".der", ".crt"):
        file.write_bytes(base64.b64decode(details["der"]))
    elif file.suffix.lower() == ".txt":
        file.write_text(as_text(details), encoding="utf-8")
    else:
        file.write_text(details["pem"], encoding="ascii")


def ask_where_to_list(window: QWidget, title: str, save: Callable[[Path], object]) -> None:
    """Have the person choose a file for the list of all certificates, and call ``save`` with it."""
    _ask(window, title, "certificates.csv", LIST_FILTERS, save)


def ask_where(
    window: QWidget, title: str, certificate: Json, save: Callable[[Path], object]
) -> None:
    """Have the person choose a file for ``certificate``, and call ``save`` with it."""
    _ask(window, title, file_name(certificate), FILTERS, save)


def _ask(
    window: QWidget, title: str, name: str, filters: dict[str, str], save: Callable[[Path], object]
) -> None:
    dialog = QFileDialog(window, title, name)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters[chosen]))
    dialog.setDefaultSuffix(next(iter(filters.values())))
    dialog.fileSelected.connect(lambda name: save(Path(name)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    open_above(dialog)
