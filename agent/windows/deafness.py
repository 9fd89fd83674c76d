"""A window that can be clicked by nobody who did not read it.

Keys and clicks meant for what was on the screen before are dropped: until what is asked is painted, and
from then on until half a second has passed without any. Whoever types or clicks on gets no answer in.
"""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

DEAF_MS = 500
"""How long nothing must have been pressed before anything counts."""
_KEYS = frozenset(
    {
        QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride,
        QEvent.Type.Shortcut,
    }
)  # fmt: skip
_CLICKS = frozenset(
    {
        QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick, QEvent.Type.TouchBegin, QEvent.Type.TouchEnd,
        QEvent.Type.TabletPress, QEvent.Type.TabletRelease,
    }
)  # fmt: skip


class Deafness(QObject):
    """Drops what is pressed in this process while it lasts, and says when it begins and ends."""

    begun = Signal()
    ended = Signal()

    def __init__(self, window: QWidget, asked: QWidget) -> None:
        """Be deaf until :meth:`begin`, from then on until ``asked`` was painted, and for a quiet while."""
        super().__init__(window)
        self._window = window
        self._asked = asked
        self._lasts = True
        self._is_begun = self._is_painted = False
        self._activated = QElapsedTimer()
        self._quiet = QTimer(self, interval=DEAF_MS, singleShot=True)
        # What was pressed before now and still waits to be delivered comes first.
        self._delivered = QTimer(self, interval=0, singleShot=True)
        self._quiet.timeout.connect(self._delivered.start)
        self._delivered.timeout.connect(self._end)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    @property
    def lasts(self) -> bool:
        """Whether nothing that is pressed counts now."""
        return self._lasts

    def begin(self) -> None:
        """Be deaf anew: something else is asked, or it comes to the front."""
        self._is_begun, self._is_painted = True, False
        self._quiet.stop()
        self._fall_deaf()
        self._asked.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Drop what is pressed too early."""
        kind = event.type()
        if kind is QEvent.Type.Paint and watched is self._asked and self._is_begun:
            self._on_painted()
        elif kind is QEvent.Type.WindowActivate and watched is self._window:
            self._activated.start()
        elif self._is_too_early(kind):
            self._drop()
            return True
        return super().eventFilter(watched, event)

    def _is_too_early(self, kind: QEvent.Type) -> bool:
        if kind in _KEYS:
            # Where the keyboard came here just now, what is typed was begun elsewhere.
            has_just_come = self._activated.isValid() and not self._activated.hasExpired(DEAF_MS)
            return self._lasts or has_just_come
        return self._lasts and kind in _CLICKS

    def _on_painted(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            self._quiet.start()

    def _drop(self) -> None:
        self._fall_deaf()
        if self._is_painted:
            self._quiet.start()

    def _fall_deaf(self) -> None:
        self._lasts = True
        self.begun.emit()

    def _end(self) -> None:
        if self._is_painted and not self._quiet.isActive():
            self._lasts = False
            self.ended.emit()
