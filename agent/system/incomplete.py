"""What is said where a part of the program is missing, and where nobody reads what is printed.

Standard library only: any other part may be the one that is missing, as after a virus scanner took it.
"""

from __future__ import annotations

import contextlib
import sys

_TITLE = "证照管家 Certificate Manager"
_CHINESE = (
    "证照管家无法启动:程序的一部分缺失或无法加载({reason})。"
    "请重新安装;如果文件是被杀毒软件删除的,请先将其恢复。"
)
_ENGLISH = (
    "Certificate Manager cannot start: a part of it is missing or does not load ({reason}). "
    "Install it again; where a virus scanner took the file, have it restored first."
)
_ICON_ERROR, _TO_THE_FRONT = 0x10, 0x10000  # MB_ICONERROR, MB_SETFOREGROUND


def tell_of(error: ImportError) -> int:
    """Say that a part is missing, in both languages, since the settings cannot be asked; return 1."""
    lines = [sentence.format(reason=error) for sentence in (_CHINESE, _ENGLISH)]
    if sys.stderr is not None:
        sys.stderr.reconfigure(errors="replace")  # type: ignore[union-attr] # it is the interpreter's own
        sys.stderr.write("\n".join([*lines, ""]))
    elif sys.argv[1:2] == ["window"]:  # somebody has clicked, and waits
        show_box(lines)
    return 1


def show_box(lines: list[str]) -> None:
    """Show sentences in a box of Windows' own and wait until it is closed; elsewhere do nothing."""
    if sys.platform == "win32":
        with contextlib.suppress(ImportError):
            import ctypes  # noqa: PLC0415 - it may be what is missing

            ctypes.windll.user32.MessageBoxW(
                None, "\n\n".join(lines), _TITLE, _ICON_ERROR | _TO_THE_FRONT
            )
