"""Whether an X11 tray (freedesktop System Tray Protocol) is there: exit code 0 if so, else 1.

``python -m agent.checks.probes.tray_selection``, a process of its own since a display may hang.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Ask the display who owns the selection of its tray."""
    from Xlib import X, display  # noqa: PLC0415 - of use here only
    from Xlib.error import DisplayError  # noqa: PLC0415

    try:
        opened = display.Display()
    except (DisplayError, OSError):
        return 1
    selection = opened.intern_atom(f"_NET_SYSTEM_TRAY_S{opened.get_default_screen()}")
    return 0 if opened.get_selection_owner(selection) != X.NONE else 1


if __name__ == "__main__":
    sys.exit(main())
