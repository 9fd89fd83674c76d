"""A picture that can be enlarged, by keys too."""

from __future__ import annotations

import base64

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView

_STEP = 1.25
_CLOSEST = 8.0


class PictureView(QGraphicsView):
    """Shows one JPEG of the agent's, whole until it is enlarged."""

    def __init__(self) -> None:
        super().__init__()
        self._scene = QGraphicsScene(self)
        self._is_whole = True
        self.setScene(self._scene)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setRenderHints(self.renderHints())
        self.setMinimumSize(160, 160)

    def show_picture(self, content: str) -> None:
        """Show a picture given in base64."""
        picture = QPixmap()
        picture.loadFromData(base64.b64decode(content))
        self._scene.clear()
        self._scene.addPixmap(picture).setTransformationMode(
            Qt.TransformationMode.SmoothTransformation
        )
        self._scene.setSceneRect(picture.rect())
        self.show_whole()

    @property
    def scale_now(self) -> float:
        """How many device-independent pixels one of the picture's takes."""
        return self.transform().m11()

    def enlarge(self) -> None:
        """Show it larger."""
        self._zoom(_STEP)

    def reduce(self) -> None:
        """Show it smaller."""
        self._zoom(1 / _STEP)

    def show_whole(self) -> None:
        """Show all of it."""
        self._is_whole = True
        self.fitInView(self._scene.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep it whole where it is."""
        super().resizeEvent(event)
        if self._is_whole:
            self.show_whole()

    def _zoom(self, factor: float) -> None:
        if self.scale_now * factor <= _CLOSEST:
            self._is_whole = False
            self.scale(factor, factor)
