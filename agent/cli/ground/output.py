"""What commands print: every line goes through here, for some of it was written by strangers.

An authority's remark or a token's label must not move the cursor, recolour the screen or type into it.
"""

from __future__ import annotations

import os
import sys

from agent.ground.harmless import harmless, is_hidden
from agent.ground.streams import escaped, sayable_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


def say(
    text: object = "",
    *,
    file: TextIO | None = None,
    end: str = "\n",
    flush: bool = False,
    is_dim: bool = False,
) -> None:
    """Print ``text``, with what would do something to a terminal marked; lines stay lines.

    What is of less weight is dim where a terminal shows that (ECMA-48, 8.3.117).
    """
    to: TextIO | None = file or sys.stdout
    said = "\n".join(map(harmless, str(text).split("\n")))
    if is_dim and to is not None and to.isatty() and "NO_COLOR" not in os.environ:
        said = f"{_DIM}{said}{_PLAIN}"
    print(said, file=to, end=end, flush=flush)


def say_json(value: object, *, indent: int | None = 2, flush: bool = False) -> None:
    """Print a value as JSON: the same value for a program, and harmless on a screen (RFC 8259, 7)."""
    import json  # noqa: PLC0415 - it brings regular expressions, and a sentence is said without

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    print(sayable_json("".join(map(_harmless, text))), flush=flush)


def _harmless(character: str) -> str:
    is_shown = character == "\n" or not is_hidden(character)
    return character if is_shown else escaped(character)
