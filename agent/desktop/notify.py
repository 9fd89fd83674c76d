"""The process that shows one notice through plyer: JSON on standard input, exit code 1 if it failed."""

from __future__ import annotations

import shutil
import sys
import warnings
from pathlib import Path

import msgspec

from agent import __version__
from agent.certificates.model import CertificateStatus
from agent.desktop.icon import draw_icon
from agent.desktop.notifications import Notice
from agent.language import mark, translate, user_language
from agent.runtime import ensure_runtime_folder


def main() -> int:
    """Show the notice."""
    notice = msgspec.json.decode(sys.stdin.buffer.read(), type=Notice)
    if sys.platform == "linux" and shutil.which("notify-send") is None:
        print("notify-send is missing (package libnotify-bin)", file=sys.stderr)
        return 1  # plyer would only warn
    try:
        _show(notice)
    except Exception as error:  # noqa: BLE001 - plyer's platforms raise whatever theirs raise
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _show(notice: Notice) -> None:
    # plyer advises python-dbus, which is not on PyPI as a wheel; notify-send does the same.
    warnings.filterwarnings("ignore", module=r"plyer\.")
    from plyer import notification  # noqa: PLC0415 - slow to load, and of no use before

    # On Linux plyer gives title and text to notify-send as arguments, which other processes of this
    # machine can read for that moment: whose certificate has expired is no secret.
    notification.notify(
        title=notice.title,
        message=notice.text,
        app_name=translate(mark("Certificate Manager"), user_language()),
        app_icon=str(_icon_file()),
        timeout=0 if sys.platform == "linux" else 10,  # 0: stays until it is closed
    )


def _icon_file() -> Path:
    """Return the icon as a file that lasts, since a desktop may read it after the notice is out."""
    suffix = "ico" if sys.platform == "win32" else "png"
    file = ensure_runtime_folder() / f"notice-{__version__}.{suffix}"
    if not file.exists():
        unfinished = file.with_stem(f".{file.stem}")
        draw_icon(CertificateStatus.EXPIRING, 0, size=128).save(unfinished)
        unfinished.replace(file)
    return file


if __name__ == "__main__":
    sys.exit(main())
