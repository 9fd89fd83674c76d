"""Where the next window opens; no Qt, no screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.windows.placing import STEP, Place, best_place, whole

SCREEN = Place(0, 0, 1920, 1040)
SECOND = Place(1920, 40, 1280, 680)
SIZES = st.tuples(st.integers(200, 1100), st.integers(200, 700))
ROOMS = st.sampled_from([SCREEN, SECOND, Place(-1024, 0, 1024, 768), Place(0, 0, 640, 330)])


def is_within(place: Place, room: Place) -> bool:
    return (
        room.x <= place.x and place.right <= room.right
        and room.y <= place.y and place.bottom <= room.bottom
    )  # fmt: skip


def opened(room: Place, *sizes: tuple[int, int]) -> list[Place]:
    """Return where windows of these sizes come one after another."""
    places: list[Place] = []
    for width, height in sizes:
        places.append(best_place(width, height, room, places))
    return places


def test_the_first_comes_in_the_middle():
    assert opened(SCREEN, (1000, 700)) == [Place(460, 170, 1000, 700)]
    assert opened(SECOND, (1000, 600)) == [Place(2060, 80, 1000, 600)]


def test_the_second_comes_beside_it_where_there_is_room():
    first, second = opened(SCREEN, (600, 600), (500, 400))
    assert second.right <= first.x or second.x >= first.right


@given(ROOMS, st.lists(SIZES, min_size=1, max_size=6))
def test_each_is_whole_on_the_screen_or_begins_where_it_does(room, sizes):
    for place in opened(room, *sizes):
        if place.width <= room.width and place.height <= room.height:
            assert is_within(place, room)
        if place.width > room.width:
            assert place.x == room.x
        if place.height > room.height:
            assert place.y == room.y


@given(st.lists(SIZES, min_size=2, max_size=4))
def test_no_corner_comes_over_another_while_there_is_room(sizes):
    places = opened(SCREEN, *sizes)
    for number, place in enumerate(places):
        for other in places[:number]:
            assert abs(place.x - other.x) >= STEP or abs(place.y - other.y) >= STEP


def test_none_is_hidden_by_a_larger_one():
    small, large = opened(Place(0, 0, 1024, 768), (460, 480), (700, 620))
    assert not is_within(small, large)


def test_what_would_stand_out_is_moved_in():
    assert whole(Place(1800, 900, 300, 300), SCREEN) == Place(1620, 740, 300, 300)
    assert whole(Place(-5, -5, 300, 300), SCREEN) == Place(0, 0, 300, 300)
