"""The process that shows one notice through plyer: JSON on standard input, exit code 1 if it failed."""

from __future__ import annotations

import shutil
import sys

import msgspec

from agent.desktop.notifications import Notice
from agent.language import mark, translate, user_language


def main() -> int:
    """Show the notice."""
    notice = msgspec.json.decode(sys.stdin.buffer.read(), type=Notice)
    if sys.platform == "linux" and shutil.which("notify-send") is None:
        return 1  # plyer would only warn
    from plyer import notification  # noqa: PLC0415 - after the check, since it is slow to load

    try:
        notification.notify(
            title=notice.title,
            message=notice.text,
            app_name=translate(mark("Certificate Manager"), user_language()),
            timeout=0,  # stays until it is closed, where the desktop lets it
        )
    except Exception as error:  # noqa: BLE001 - plyer's platforms raise whatever theirs raise
        print(f"notice not shown: {type(error).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
