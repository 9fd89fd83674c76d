"""Where a window opens: whole on the screen, and beside the others of ours as far as there is room. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

STEP = 32
"""What of a window below has to stay in sight at a corner, where there is no room beside it."""


class Place(NamedTuple):
    """A rectangle of the screen, in device-independent pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beside it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height


def whole(place: Place, room: Place) -> Place:
    """Return ``place`` moved into ``room``; what is too large for it begins where the room does."""
    x = max(room.x, min(place.x, room.right - place.width))
    y = max(room.y, min(place.y, room.bottom - place.height))
    return place._replace(x=x, y=y)


def best_place(width: int, height: int, room: Place, others: Sequence[Place]) -> Place:
    """Return where a window of this size goes, the first one into the middle of ``room``.

    It covers as little of ``others`` as can be, none of them wholly, and none at the very corner where that
    one has its title.
    """
    middle = whole(
        Place(
            room.x + (room.width - width) // 2, room.y + (room.height - height) // 2, width, height
        ),
        room,
    )
    columns = {
        middle.x,
        room.x,
        room.right - width,
        *_beside(width, ((o.x, o.right) for o in others)),
    }
    rows = {
        middle.y,
        room.y,
        room.bottom - height,
        *_beside(height, ((o.y, o.bottom) for o in others)),
    }
    places = {whole(middle._replace(x=x, y=y), room) for x, y in product(columns, rows)}
    return min(places, key=lambda place: (_cost(place, others), _distance(place, middle), place))


def _beside(size: int, spans: Iterator[tuple[int, int]]) -> Iterator[int]:
    """Return the places before, after and a step from what lies there already, in one direction."""
    for begin, end in spans:
        yield from (begin - size, end, begin - STEP, begin + STEP)


def _cost(place: Place, others: Sequence[Place]) -> tuple[int, int, int]:
    at_its_corner = sum(
        abs(place.x - other.x) < STEP and abs(place.y - other.y) < STEP for other in others
    )
    hidden = sum(_overlap(place, other) == other.width * other.height for other in others)
    return at_its_corner, hidden, sum(_overlap(place, other) for other in others)


def _overlap(one: Place, other: Place) -> int:
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    return max(0, width) * max(0, height)


def _distance(place: Place, middle: Place) -> int:
    return abs(place.x - middle.x) + abs(place.y - middle.y)
