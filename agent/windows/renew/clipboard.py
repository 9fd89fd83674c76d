"""What a drop or a clipboard holds for a document: a file, or a picture without one."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt
from PySide6.QtGui import QImage, QImageWriter

LONGEST = 700 * 1024
"""Bytes of a picture that fits into one request of the local API as base64."""
_QUALITIES = (92, 80, 65, 50)
_SIDES = (3508, 2480, 1754)


@dataclass(frozen=True, slots=True)
class Given:
    """A path, or a picture's content in base64."""

    path: str = ""
    content: str = ""


def is_usable(data: QMimeData) -> bool:
    """Return whether there is a file of this computer or a picture in it."""
    return bool(_paths(data)) or data.hasImage()


def given_by(data: QMimeData) -> Given | None:
    """Return what there is, a file before a picture; None for neither."""
    paths = _paths(data)
    if paths:
        return Given(path=paths[0])
    image = data.imageData() if data.hasImage() else None
    if not isinstance(image, QImage) or image.isNull():
        return None
    return Given(content=base64.b64encode(_jpeg(image)).decode())


def _paths(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def _jpeg(image: QImage) -> bytes:
    """Return the picture in a size and quality that fits; it never touches the disk."""
    encoded = b""
    for side in _SIDES:
        fitted = image if max(image.width(), image.height()) <= side else image.scaled(
            side, side, Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )  # fmt: skip
        for quality in _QUALITIES:
            encoded = _encoded(fitted, quality)
            if len(encoded) <= LONGEST:
                return encoded
    return encoded


def _encoded(image: QImage, quality: int) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"jpeg"))
    writer.setQuality(quality)
    writer.write(image)
    return bytes(content.data())
