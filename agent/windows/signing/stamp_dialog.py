"""The stamp of a signature in a PDF: its picture, moved about on the page by mouse, or by numbers."""

from __future__ import annotations

import base64
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGraphicsItem,
    QGraphicsPixmapItem,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.picture_view import PictureView
from agent.windows.style import MEDIUM, SMALL, set_kind
from agent.windows.texts import Label, ValueLabel, isolated
from agent.windows.window import Context

_USUAL_MM = 40.0
"""The diameter of most seals of organisations."""
_MARGIN_MM = 20.0
_AROUND = "#8a8f98"
_PICTURES = "PNG, JPEG (*.png *.jpg *.jpeg)"


class StampDialog(QDialog):
    """Where the stamp is to be; ``chosen`` tells it as StampParams has it."""

    chosen = Signal(object)

    def __init__(self, context: Context, file: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._link, self._words = context.link, context.words
        self._file = file
        self._picture = ""
        self._page_size = (0.0, 0.0)
        self._shape = 1.0
        """The picture's height by its width."""
        self._item: QGraphicsPixmapItem | None = None
        self.view = PictureView()
        self.picture = QPushButton()
        self.page = QSpinBox()
        self.left, self.top, self.size_mm = QDoubleSpinBox(), QDoubleSpinBox(), QDoubleSpinBox()
        self.said = ValueLabel()
        self.use, self.cancel = QPushButton(), QPushButton()
        self._set_up()
        self._arrange()
        self._look()

    def take_picture(self, file: str) -> None:
        """Have the stamp's picture decoded by the agent's worker, and put it on the page."""
        params = {"file": file}
        self._link.call(
            "signing.picture", params, lambda looked: self._show_stamp(file, looked), self._refuse
        )

    def _set_up(self) -> None:
        words = self._words
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(words(mark("Stamp")))
        self.picture.setText(words(mark("Choose the picture…")))
        self.page.setPrefix(f"{words(mark('Page'))} ")
        self.page.setAccessibleName(words(mark("Page")))
        self.page.setMinimum(1)
        set_kind(self.said, "muted")
        for number, value in ((self.left, 0.0), (self.top, 0.0), (self.size_mm, _USUAL_MM)):
            number.setRange(0 if number is not self.size_mm else 5, 2_000)
            number.setDecimals(0)
            number.setSuffix(" mm")
            number.setValue(value)
            number.valueChanged.connect(lambda _value: self._place())
        self.picture.clicked.connect(self._choose)
        self.page.valueChanged.connect(lambda _page: self._look())
        self.use.setText(words(mark("Use it")))
        self.cancel.setText(words(mark("Cancel")))
        set_kind(self.use, "primary")
        self.use.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)
        # A page is white: one sees where it ends.
        self.view.setBackgroundBrush(QBrush(QColor(_AROUND)))
        self.view.scene().changed.connect(lambda _where: self._follow())
        self._allow()

    def _arrange(self) -> None:
        words = self._words
        numbers = QFormLayout()
        numbers.setSpacing(SMALL)
        numbers.addRow(self.picture)
        numbers.addRow(self.page)
        for said, number in (
            (mark("From the left"), self.left),
            (mark("From the top"), self.top),
            (mark("Width"), self.size_mm),
        ):
            label = Label()
            label.setText(words(said))
            number.setAccessibleName(words(said))
            numbers.addRow(label, number)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self.view, 1)
        row.addLayout(numbers)
        column = QVBoxLayout(self)
        column.setSpacing(MEDIUM)
        column.addLayout(row, 1)
        column.addWidget(self.said)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        for button in (self.cancel, self.use):
            buttons.addWidget(button)
        column.addLayout(buttons)
        room = self.screen().availableGeometry()
        self.resize(min(760, room.width()), min(700, room.height() - 40))

    def _look(self) -> None:
        params = {"file": self._file, "page": self.page.value()}
        self._link.call("signing.page", params, self._show_page, self._refuse)

    def _show_page(self, looked: Json) -> None:
        stamp = self._item.pixmap() if self._item is not None else None
        self._item = None
        self.view.show_picture(looked["picture"])
        is_first = not self._page_size[0]
        self._page_size = (looked["width"], looked["height"])
        self.page.blockSignals(True)
        self.page.setRange(1, looked["pages"])
        self.page.blockSignals(False)
        self.page.setSuffix(f" / {looked['pages']}")
        if is_first:
            self.left.setValue(looked["width"] - _USUAL_MM - _MARGIN_MM)
            self.top.setValue(looked["height"] - _USUAL_MM - _MARGIN_MM)
        if stamp is not None:
            self._put(stamp)

    def _show_stamp(self, file: str, looked: Json) -> None:
        stamp = QPixmap()
        stamp.loadFromData(base64.b64decode(looked["picture"]))
        self._picture = file
        self.picture.setText(isolated(Path(file).name))
        self._shape = stamp.height() / max(stamp.width(), 1)
        self._put(stamp)
        self.said.show_value(
            self._words(mark("Move the picture with the mouse, or by the numbers."))
        )

    def _put(self, stamp: QPixmap) -> None:
        scene = self.view.scene()
        if self._item is not None:
            scene.removeItem(self._item)
        self._item = scene.addPixmap(stamp)
        self._item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsMovable)
        self._item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self._item.setOpacity(0.85)
        self._place()
        self._allow()

    def _place(self) -> None:
        """Show the stamp where the numbers say."""
        if self._item is None:
            return
        per_mm = self._pixels
        self._item.setScale(self.size_mm.value() * per_mm / max(self._item.pixmap().width(), 1))
        self._item.setPos(self.left.value() * per_mm, self.top.value() * per_mm)

    def _follow(self) -> None:
        """Show in numbers where the stamp was moved to."""
        if self._item is None:
            return
        for number, pixels in ((self.left, self._item.x()), (self.top, self._item.y())):
            if not number.hasFocus():
                number.blockSignals(True)
                number.setValue(pixels / self._pixels)
                number.blockSignals(False)

    @property
    def has_stamp(self) -> bool:
        """Whether there is something to be put on the page."""
        return self._item is not None

    @property
    def _pixels(self) -> float:
        """Of the page's picture in a millimetre."""
        return self.view.scene().sceneRect().width() / max(self._page_size[0], 1.0)

    @property
    def box(self) -> dict[str, float]:
        """Where the stamp is, as Box has it: where it was moved to."""
        assert self._item is not None
        place, width = self._item.pos(), self.size_mm.value()
        return {
            "left": max(0.0, place.x() / self._pixels),
            "top": max(0.0, place.y() / self._pixels),
            "width": width,
            "height": width * self._shape,
        }

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.picture.text().rstrip("…"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(_PICTURES)
        dialog.fileSelected.connect(self.take_picture)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _accept(self) -> None:
        stamp = {"picture": self._picture, "page": self.page.value(), "box": self.box}
        self.chosen.emit(stamp)
        self.accept()

    def _allow(self) -> None:
        self.use.setEnabled(self.has_stamp)

    def _refuse(self, report: Json) -> None:
        self.said.show_value("\n".join(filter(None, self._words.of_report(report))))
