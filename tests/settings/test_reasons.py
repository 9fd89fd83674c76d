"""A value that is not taken: the sentence names those that are."""

from __future__ import annotations

import enum
from typing import Literal

import msgspec
import pytest

from agent.settings.reasons import reason


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Entry(msgspec.Struct, rename="kebab", frozen=True):
    paint: Colour | None = None
    kind_of: Literal["round", "flat"] = "flat"
    number: int = 0


class Root(msgspec.Struct):
    entries: tuple[Entry, ...] = ()
    one: Entry = Entry()
    mixed: Colour | int = 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"one": {"paint": "green"}}, "(red | blue)"),
        ({"one": {"kind-of": "bent"}}, "(round | flat)"),
        ({"entries": [{}, {"paint": "green"}]}, "(red | blue)"),
        ({"mixed": "green"}, "(red | blue)"),
    ],
)
def test_the_words_a_key_takes_are_named(values, words):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(values, Root)
    assert reason(caught.value, Root).endswith(words)


@pytest.mark.parametrize("values", [{"one": {"number": "x"}}, {"one": 3}, {"entries": {}}])
def test_other_messages_stay_as_they_are(values):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(values, Root)
    assert reason(caught.value, Root) == str(caught.value)
