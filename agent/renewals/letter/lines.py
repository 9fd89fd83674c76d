"""Breaking Chinese text into lines (GB/T 15834: no line begins with a closing sign). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_UNIT = re.compile(
    r"[（《「『“‘(]*"  # an opening sign stays with what it opens
    r"(?:[!-'*-~]+|[^ ])"  # numbers and Latin words stay whole
    r"[，。、；：！？）》」』”’…·)]*"  # a closing sign with what it closes
    r"| +"
)


def break_lines(
    text: str, measure: Callable[[str], float], width: float, *, indent: float = 0
) -> tuple[str, ...]:
    """Return ``text`` in lines no wider than ``width``, the first one narrower by ``indent``.

    A unit that is wider than a line by itself is broken anywhere: nothing ever runs over.
    """
    lines = [""]
    room = width - indent
    for unit in _units(text, measure, room):
        if lines[-1] and measure(lines[-1] + unit) > room:
            lines.append("")
            room = width
        lines[-1] += unit if lines[-1] else unit.lstrip(" ")
    return tuple(lines)


def _units(text: str, measure: Callable[[str], float], width: float) -> Iterator[str]:
    """Yield what is not broken, or its characters where it has to be."""
    for unit in _UNIT.findall(text):
        if measure(unit) > width:
            yield from unit
        else:
            yield unit
