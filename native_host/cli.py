"""``odc-native-host``: the relay when a browser starts it, commands when a person does.

Imports wait until it is known which: a browser's start must not pay for the commands.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EXTENSION_SCHEME = "chrome-extension://"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the relay or one command; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if _is_browser_start(given):
        from native_host.relay import run  # noqa: PLC0415 - see the module docstring

        return run()
    from native_host.commands import run_command  # noqa: PLC0415 - see the module docstring

    return run_command(given or ["--help"])


def _is_browser_start(arguments: Sequence[str]) -> bool:
    """Tell a browser's start from a person's.

    The Chromium family passes the extension's origin, Firefox its manifest's path and the add-on's
    id, sandboxed browsers nothing at all, which only a terminal on stdin tells from a person.
    """
    if not arguments:
        return not sys.stdin.isatty()
    first = arguments[0]
    return first.startswith(EXTENSION_SCHEME) or (first.endswith(".json") and os.path.isabs(first))
