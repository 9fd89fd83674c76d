"""How all windows look: colours for light and dark, spacing, type. Contrast is at least AA (WCAG 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from agent.system.fonts import CHINESE_FAMILIES
from agent.windows.seal import seal_icon

# Spacing in device-independent pixels: everything is one of these.
TIGHT, SMALL, MEDIUM, LARGE, HUGE = 4, 8, 12, 20, 32

STYLE = ("-style", "Fusion")
"""Arguments: the same on all systems, and the only style a palette reaches everywhere.

``QApplication.setStyle`` returns the style, for which PySide would load the classes of all styles.
"""

_TICKS = Path(__file__).with_name("ticks")
"""The marks of ticked boxes, in ``on_accent``: a style sheet takes pictures from files only."""


class Colours(NamedTuple):
    """The colours of one theme."""

    window: str
    surface: str
    """What stands out from the window: lists, fields, cards."""
    raised: str
    """Buttons, headings of a list."""
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    bad_surface: str
    warning_surface: str
    good_surface: str
    banner: str
    on_banner: str


LIGHT = Colours(
    window="#f4f5f7", surface="#ffffff", raised="#e9ebef", text="#1b1f27", muted="#59606c",
    border="#c3c8d1", accent="#0b57b0", on_accent="#ffffff", good="#146c34", warning="#8a5000",
    bad="#b3150c", bad_surface="#fdecea", warning_surface="#fff4dc",
    good_surface="#e4f6e9", banner="#0b4a94", on_banner="#ffffff",
)  # fmt: skip
DARK = Colours(
    window="#1c1e22", surface="#26292e", raised="#34383f", text="#eceef1", muted="#a9b0bb",
    border="#4b515b", accent="#6cb0ff", on_accent="#0a1a2c", good="#67d58b", warning="#f3bd5c",
    bad="#ff9a91", bad_surface="#46211f", warning_surface="#43361a",
    good_surface="#1b3a26", banner="#12335c", on_banner="#f2f6fb",
)  # fmt: skip


def colours() -> Colours:
    """Return the colours of the desktop's theme as it is now."""
    is_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return DARK if is_dark else LIGHT


def application(arguments: Sequence[str]) -> QApplication:
    """Return the application with our looks; they follow the desktop's theme from then on."""
    app = QApplication([*arguments, *STYLE])
    app.setApplicationName("odc-agent")
    app.setDesktopFileName("odc-agent")
    dress(app)
    return app


_OF_THE_SYSTEM = ("QAbstractItemView", "QMenu", "QMessageBox", "QTipLabel")
"""Widgets for which Windows has a font of its own, smaller than that of the others."""


def dress(app: QApplication) -> None:
    """Give an application that was started with :data:`STYLE` our looks."""
    app.setWindowIcon(seal_icon())
    app.setFont(_font(app.font()))
    _paint(app)
    app.styleHints().colorSchemeChanged.connect(lambda _scheme: _paint(app))


def _font(font: QFont) -> QFont:
    size = font.pointSizeF()
    # By its real name: an alias such as Sans Serif is drawn with one font in a label, another in a field.
    font.setFamilies([QFontInfo(font).family(), *CHINESE_FAMILIES])
    font.setPointSizeF(max(size, 10.0))  # Chinese characters have many strokes
    return font


def _paint(app: QApplication) -> None:
    chosen = colours()
    app.setPalette(_palette(chosen))
    app.setStyleSheet(_sheet(chosen))
    for kind in _OF_THE_SYSTEM:  # each change of looks brings the system's back
        app.setFont(app.font(), kind)  # type: ignore[arg-type] # takes no bytes


def _palette(chosen: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.surface,
        QPalette.ColorRole.AlternateBase: chosen.window,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.Button: chosen.raised,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.Highlight: chosen.accent,
        QPalette.ColorRole.HighlightedText: chosen.on_accent,
        QPalette.ColorRole.PlaceholderText: chosen.muted,
        QPalette.ColorRole.ToolTipBase: chosen.raised,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.Link: chosen.accent,
        QPalette.ColorRole.LinkVisited: chosen.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.muted))
    return palette


def _sheet(chosen: Colours) -> str:
    """Return the style sheet: only what a palette cannot say."""
    tick = _TICKS / ("dark.svg" if chosen is DARK else "light.svg")
    return f"""
    QPushButton {{
        padding: 6px 16px; min-height: 20px; border: 1px solid {chosen.border};
        border-radius: 6px; background: {chosen.raised}; color: {chosen.text};
    }}
    QPushButton:hover {{ border-color: {chosen.accent}; }}
    QPushButton:pressed {{ background: {chosen.border}; }}
    QPushButton:disabled {{ color: {chosen.muted}; background: {chosen.window}; }}
    QPushButton:focus {{ border: 2px solid {chosen.accent}; padding: 5px 15px; }}
    QPushButton[kind="primary"] {{
        background: {chosen.accent}; color: {chosen.on_accent}; border-color: {chosen.accent};
        font-weight: 600;
    }}
    QPushButton[kind="primary"]:focus {{ border: 2px solid {chosen.text}; }}
    QPushButton[kind="primary"]:disabled {{
        background: {chosen.raised}; color: {chosen.muted}; border-color: {chosen.border};
    }}
    QLineEdit, QPlainTextEdit, QTextBrowser, QTreeView, QListView, QTableView {{
        border: 1px solid {chosen.border}; border-radius: 6px; background: {chosen.surface};
    }}
    QLineEdit {{ lineedit-password-character: 9679; padding: 5px 8px; min-height: 20px; }}
    QLineEdit:focus, QPlainTextEdit:focus, QTextBrowser:focus, QTreeView:focus, QListView:focus,
    QTableView:focus {{ border: 2px solid {chosen.accent}; }}
    QTreeView, QTableView {{ padding: 1px; }}
    QTreeView:focus, QTableView:focus {{ padding: 0; }}
    QLineEdit:focus {{ padding: 4px 7px; }}
    QAbstractSpinBox {{ min-height: 28px; }}
    QAbstractSpinBox QLineEdit {{ padding: 0 4px; border: none; min-height: 0; background: transparent; }}
    QComboBox {{
        border: 1px solid {chosen.border}; border-radius: 6px; background: {chosen.surface};
        padding: 5px 8px; min-height: 20px;
    }}
    QComboBox:focus {{ border: 2px solid {chosen.accent}; padding: 4px 7px; }}
    QComboBox::drop-down {{ border: none; width: 24px; }}
    QComboBox::down-arrow {{
        width: 0; height: 0; border-top: 5px solid {chosen.muted};
        border-left: 4px solid {chosen.surface}; border-right: 4px solid {chosen.surface};
    }}
    QComboBox:disabled {{
        border-color: transparent; background: transparent; color: {chosen.text}; padding-left: 0;
    }}
    QComboBox:disabled::down-arrow {{ border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; }}
    QScrollBar::handle {{
        background: {chosen.border}; border-radius: 4px; margin: 2px;
        min-width: 32px; min-height: 32px;
    }}
    QScrollBar::handle:hover {{ background: {chosen.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QFrame[kind="card"] {{
        background: {chosen.surface}; border: 1px solid {chosen.border}; border-radius: 8px;
    }}
    QFrame[kind="card"] QScrollArea, QFrame[kind="card"] QScrollArea > QWidget > QWidget {{
        background: transparent;
    }}
    Banner[kind="bad"] {{ background: {chosen.bad_surface}; }}
    Banner[kind="warning"] {{ background: {chosen.warning_surface}; }}
    Banner[kind="good"] {{ background: {chosen.good_surface}; }}
    QLabel[notice="true"] {{ padding: 10px 12px; border-radius: 8px; }}
    QLabel[notice="true"][kind="bad"] {{ background: {chosen.bad_surface}; }}
    QLabel[notice="true"][kind="warning"] {{ background: {chosen.warning_surface}; }}
    QLabel[kind="stamp"] {{
        color: {chosen.bad}; border: 2px solid {chosen.bad}; border-radius: 4px; padding: 1px 8px;
        font-weight: 700;
    }}
    QFrame[kind="masthead"] {{ background: {chosen.banner}; }}
    QFrame[kind="masthead"] QLabel {{ color: {chosen.on_banner}; }}
    QLabel[kind="subtitle"] {{ font-size: 9.5pt; }}
    QToolButton {{ padding: 6px 8px; border: 2px solid transparent; border-radius: 6px; }}
    QToolButton:hover {{ background: {chosen.raised}; }}
    QToolButton:focus {{ border-color: {chosen.accent}; }}
    QTreeView::item {{ padding: 4px 8px; }}
    QHeaderView::section {{
        padding: 5px 8px; background: {chosen.raised}; color: {chosen.text}; border: none;
    }}
    QCheckBox::indicator:unchecked {{
        width: 13px; height: 13px; border: 1px solid {chosen.muted}; border-radius: 3px;
        background: {chosen.surface};
    }}
    QCheckBox::indicator:checked {{
        width: 13px; height: 13px; border: 1px solid {chosen.accent}; border-radius: 3px;
        background: {chosen.accent}; image: url("{tick.as_posix()}");
    }}
    QCheckBox::indicator:checked:disabled {{
        border-color: {chosen.muted}; background: {chosen.muted};
    }}
    QListView::item {{ padding: 4px; }}
    QLabel[kind="title"] {{ font-size: 15pt; font-weight: 600; }}
    QLabel[sign="true"] {{ font-size: 13pt; font-weight: 700; }}
    QLabel[kind="strong"] {{ font-weight: 600; }}
    QLabel[kind="heading"] {{ font-size: 11.5pt; font-weight: 600; }}
    QLabel[kind="muted"] {{ color: {chosen.muted}; }}
    QLabel[kind="bad"] {{ color: {chosen.bad}; font-weight: 600; }}
    QLabel[kind="warning"] {{ color: {chosen.warning}; font-weight: 600; }}
    QLabel[kind="good"] {{ color: {chosen.good}; font-weight: 600; }}
    """


def set_kind(widget: QWidget, kind: str) -> None:
    """Make ``widget`` look as its kind does: primary, card, title, heading, muted, bad, warning, good."""
    if widget.property("kind") == kind:
        return
    widget.setProperty("kind", kind)
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return  # it was not styled yet, and will be by its kind
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.updateGeometry()
