"""What pystray leaves out on Windows: how long a text may be, what ``&`` means, refusals, clicks on balloons.

A text that is too long is an exception there, which would cost the icon (NOTIFYICONDATAW, Win32 API).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

TOOLTIP, BALLOON_TITLE, BALLOON_TEXT = 127, 63, 255
"""Longest texts, in UTF-16 units."""
_BALLOON_CLICKED = 0x0405  # NIN_BALLOONUSERCLICK (shellapi.h)
_PER_MONITOR_AWARE_V2 = -4  # DPI_AWARENESS_CONTEXT (windef.h)


def fitting(text: str, units: int) -> str:
    """Return a text of at most so many UTF-16 units; one that was longer ends with an ellipsis."""
    if len(text.encode("utf-16-le")) // 2 <= units:
        return text
    kept = text.encode("utf-16-le")[: 2 * (units - 1)].decode("utf-16-le", "ignore")
    return f"{kept}…"


def menu_text(text: str) -> str:
    """Return what a menu shows as ``text``: ``&`` marks the letter that chooses a line, a tab its keys."""
    return text.replace("&", "&&").replace("\t", " ")


def as_tooltip(text: str) -> str:
    """Return a text as the icon takes it for its tooltip on this system."""
    return fitting(text, TOOLTIP) if sys.platform == "win32" else text


def as_balloon(title: str, text: str) -> tuple[str, str]:
    """Return title and text as the icon takes them for a balloon on this system."""
    if sys.platform != "win32":
        return title, text
    return fitting(title, BALLOON_TITLE), fitting(text, BALLOON_TEXT)


def as_menu_line(text: str) -> str:
    """Return a text as the icon's menu takes it on this system."""
    return menu_text(text) if sys.platform == "win32" else text


def draw_sharply() -> None:
    """Have menus drawn at each screen's scale, instead of enlarged; to be called before there is a window."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - exists for this on Windows only

        ctypes.WinDLL("user32").SetProcessDpiAwarenessContext(
            ctypes.c_void_p(_PER_MONITOR_AWARE_V2)
        )


def insist_on_answers() -> None:
    """Have pystray fail where Windows refuses icon or balloon: a tray that shows nothing is to start again.

    It changes the icon before it adds it, which Windows always refuses.
    """
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - as above

        from pystray._util import win32  # noqa: PLC0415 - exists on Windows only

        def answered(result: int, _function: object, arguments: tuple[int, Any]) -> int:
            code, data = arguments
            if not result and (code == win32.NIM_ADD or data.uFlags & win32.NIF_INFO):
                raise ctypes.WinError()
            return result

        win32.Shell_NotifyIcon.errcheck = answered


def watch_clicks(
    icon: Any,  # noqa: ANN401 - pystray is untyped
    *,
    balloon_clicked: Callable[[], None],
    menu_opened: Callable[[], None],
) -> None:
    """Call what is given, in the toolkit's thread, when that happens to the icon."""
    if sys.platform == "win32":
        from pystray._util import win32  # noqa: PLC0415 - as above

        handlers = icon._message_handlers  # noqa: SLF001 - as above
        others = handlers[win32.WM_NOTIFY]

        def told(wparam: int, lparam: int) -> object:
            if lparam == _BALLOON_CLICKED:
                balloon_clicked()
            if lparam == win32.WM_RBUTTONUP:
                menu_opened()
            return others(wparam, lparam)

        handlers[win32.WM_NOTIFY] = told
