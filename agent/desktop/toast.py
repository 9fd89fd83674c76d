"""The process that shows one notice as a toast of Windows: see agent.desktop.notices.windows_toast.

``python -m agent.desktop.toast`` reads what to show and says what becomes of it; with ``look`` it only says
whether Windows would show anything. It stays while the toast may be pressed, on the screen or in the list of
notices, since Windows tells nobody but the process that showed it.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec

from agent.desktop.notices.windows_toast import WITHDRAW, ToastOrder, ToastReport
from agent.system.app_identity import APP_ID, register_identity

REFUSAL_SECONDS = 1.0
"""How long a toast may still be refused before it counts as shown; else a balloon could say it no more."""
_SHOWN = ToastReport()
_TIMED_OUT = 2  # ToastDismissalReason: it has left the screen, and lies in the list of notices
_SETTINGS = (
    "",
    "switched off for this program",
    "switched off for this user",
    "switched off by the administrator",
    "switched off by a manifest",
)
"""By NotificationSetting (Windows.UI.Notifications)."""

_Told = queue.SimpleQueue[ToastReport | None]
"""How the toast ended; None where it is to be taken off the screen."""


def main() -> int:
    """Show a toast and wait for its end, or look whether one could be shown."""
    try:
        if sys.argv[1:] == ["look"]:
            return _say(ToastReport(failed=_obstacle(_toaster(""))))
        return _show(msgspec.json.decode(sys.stdin.buffer.readline(), type=ToastOrder))
    except Exception as error:  # noqa: BLE001 - whatever WinRT raises; where it is not there, too
        return _say(ToastReport(failed=f"{type(error).__name__}: {error}"))


def _show(order: ToastOrder) -> int:
    register_identity(order.name, Path(order.icon) if order.icon else None)
    toaster = _toaster(order.name)
    if obstacle := _obstacle(toaster):
        return _say(ToastReport(failed=obstacle))
    told: _Told = queue.SimpleQueue()
    toast = _toast(order, told)
    toaster.show_toast(toast)
    early = _early(told)
    if early is not None and early.failed:
        return _say(early)
    _say(_SHOWN)
    threading.Thread(target=_wait_for_word, args=(told,), daemon=True).start()
    report = early or told.get()
    if report is None:
        toaster.remove_toast(toast)
        return 0
    return _say(report)


def _early(told: _Told) -> ToastReport | None:
    """Return how a toast ended at once: Windows refuses some only after it has taken them."""
    with contextlib.suppress(queue.Empty):
        return told.get(timeout=REFUSAL_SECONDS)
    return None


def _toaster(name: str) -> Any:  # noqa: ANN401 - windows-toasts is there on Windows only
    from windows_toasts import InteractableWindowsToaster  # noqa: PLC0415 - as above

    return InteractableWindowsToaster(name, APP_ID)


def _obstacle(toaster: Any) -> str:  # noqa: ANN401 - as above
    """Return why Windows would show nothing; empty where it would."""
    setting = int(toaster.toastNotifier.setting)
    return _SETTINGS[setting] if setting < len(_SETTINGS) else f"setting {setting}"


def _toast(order: ToastOrder, told: _Told) -> Any:  # noqa: ANN401 - as above
    from windows_toasts import Toast, ToastButton, ToastScenario  # noqa: PLC0415 - as above

    keys = [key for key, _ in order.buttons]

    def activated(event: Any) -> None:  # noqa: ANN401 - as above
        # A click on the toast itself tells the toast's own name.
        key = event.arguments if event.arguments in keys else next(iter(keys), "")
        told.put(ToastReport(pressed=key))

    def dismissed(event: Any) -> None:  # noqa: ANN401 - as above
        if int(event.reason) != _TIMED_OUT:
            told.put(ToastReport())

    def failed(event: Any) -> None:  # noqa: ANN401 - as above
        told.put(ToastReport(failed=f"error {event.error_code.value & 0xFFFFFFFF:#010x}"))

    return Toast(
        [order.title, order.text],
        actions=[ToastButton(label, key) for key, label in order.buttons],
        # Windows keeps only toasts with a button on the screen.
        scenario=ToastScenario.Reminder
        if order.is_urgent and order.buttons
        else ToastScenario.Default,
        on_activated=activated,
        on_dismissed=dismissed,
        on_failed=failed,
    )


def _wait_for_word(told: _Told) -> None:
    is_withdrawn = sys.stdin.buffer.readline() == WITHDRAW
    told.put(None if is_withdrawn else ToastReport())


def _say(report: ToastReport) -> int:
    """Say what became of it; return the exit code."""
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
