"""The process that shows one notice through plyer: JSON on standard input, exit code 1 if it failed."""

from __future__ import annotations

import shutil
import sys
import warnings

import msgspec

from agent.desktop.notices.icon_file import drawn_icon
from agent.desktop.notices.plyer import PlainNotice
from agent.ground.language import mark, translate, user_language
from agent.ground.streams import replace_what_cannot_be_said


def main() -> int:
    """Show the notice."""
    replace_what_cannot_be_said()
    notice = msgspec.json.decode(sys.stdin.buffer.read(), type=PlainNotice)
    if sys.platform == "linux" and shutil.which("notify-send") is None:
        print("notify-send is missing (package libnotify-bin)", file=sys.stderr)
        return 1  # plyer would only warn
    try:
        _show(notice)
    except Exception as error:  # noqa: BLE001 - plyer's platforms raise whatever theirs raise
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _show(notice: PlainNotice) -> None:
    # plyer advises python-dbus, which is not on PyPI as a wheel; notify-send does the same.
    warnings.filterwarnings("ignore", module=r"plyer\.")
    from plyer import notification  # noqa: PLC0415 - slow to load, and of no use before

    # On Linux plyer gives title and text to notify-send as arguments, which other processes of this
    # machine can read for that moment: whose certificate has expired is no secret.
    notification.notify(
        title=notice.title,
        message=notice.text,
        app_name=translate(mark("Certificate Manager"), user_language()),
        app_icon=str(drawn_icon(notice.seal) or ""),
        timeout=0 if sys.platform == "linux" else 10,  # 0: stays until it is closed
    )


if __name__ == "__main__":
    sys.exit(main())
