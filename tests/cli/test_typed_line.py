"""A PIN typed at Windows' console: what a person means by each key, and what is left of it in the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.ground.typed_line import TypedLine, key_of, typed_line
from agent.system.clipboard import LONGEST, typed_keys
from agent.system.key_events import ALT_KEY, INSERT_KEY, V_KEY, KeyEvent

SIZE = 256
ARROW_LEFT, F3 = 0x25, 0x72
RIGHT_ALT, LEFT_ALT, LEFT_CONTROL, SHIFT_HELD = 0x1, 0x2, 0x8, 0x10


def units(text):
    """Return a text in the units Windows gives it: UTF-16."""
    data = text.encode("utf-16-le")
    return [data[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(data), 2)]


def pressed(*texts):
    """Return the events of keys that type these texts: each goes down and up."""
    return [
        KeyEvent(character=unit, is_down=is_down)
        for text in texts
        for unit in units(text)
        for is_down in (True, False)
    ]


def bare(key):
    """Return a key that types nothing."""
    return [KeyEvent(character="\0", key=key, is_down=is_down) for is_down in (True, False)]


def typed(*events):
    given_events = iter([event for several in events for event in several])
    return bytes(typed_line(lambda: next(given_events), SIZE))


def test_backspace_takes_the_last_character_and_arrows_nothing():
    assert (
        typed(pressed("129", "\b", "3"), bare(ARROW_LEFT), pressed("4"), bare(F3), pressed("\r"))
        == b"1234"
    )


@pytest.mark.parametrize("clearing", ["\x1b", "\x7f"])
def test_escape_begins_anew(clearing):
    assert typed(pressed("999", clearing, "1234\r")) == b"1234"


@pytest.mark.parametrize("end", ["\r", "\n"])
def test_a_paste_is_one_line_and_the_first_end_of_it_counts(end):
    assert typed(pressed(f"密码à𠮷 1{end}9999{end}")) == "密码à𠮷 1".encode()


def test_ctrl_c_interrupts_and_ctrl_z_is_the_end_of_input():
    with pytest.raises(KeyboardInterrupt):
        typed(pressed("12\x03"))
    assert typed(pressed("12\x1a")) == b""


@pytest.mark.parametrize("control", ["\0", "\t", "\x01", "\x04", "\x1c"])
def test_what_types_no_character_is_none(control):
    assert typed(pressed("12", control, "34\r")) == b"1234"


def test_a_key_that_is_held_repeats():
    held = [KeyEvent(character="7", repeats=3), KeyEvent(character="\b", repeats=2)]
    assert typed(pressed("1"), held, pressed("\r")) == b"17"


def test_alt_types_nothing_but_together_with_control_or_a_number():
    assert key_of(KeyEvent(character="x", state=LEFT_ALT)) is None
    assert key_of(KeyEvent(character="@", state=RIGHT_ALT | LEFT_CONTROL)) == "@"
    assert key_of(KeyEvent(character="é", key=ALT_KEY, is_down=False)) == "é"
    assert key_of(KeyEvent(character="\0", key=ALT_KEY, is_down=False)) is None
    assert key_of(KeyEvent(character="A", state=SHIFT_HELD)) == "A"
    assert key_of(KeyEvent(character="a", is_down=False)) is None


def test_rubbing_out_more_than_there_is_is_nothing():
    assert typed(pressed("\b\b1\b\b\b2\r")) == b"2"


def test_what_is_beyond_the_buffer_can_be_taken_back():
    assert typed(pressed("1" * (SIZE + 40) + "\b" * 50 + "\r")) == b"1" * (SIZE - 10)
    assert typed(pressed("1" * (SIZE - 1) + "证" + "\b2\r")) == b"1" * (SIZE - 1) + b"2"


def test_a_line_that_is_too_long_is_seen_to_be():
    assert len(typed(pressed("1" * (SIZE - 1) + "证\r"))) == SIZE


CHARACTERS = st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\x7f")


@given(st.lists(st.one_of(st.sampled_from(["\b", "\x1b"]), CHARACTERS), max_size=SIZE // 4))
def test_what_is_left_is_what_a_person_sees_in_any_line_editor(keys):
    seen: list[str] = []
    for key in keys:
        if key == "\x1b":
            seen = []
        elif key == "\b":
            seen = seen[:-1]
        else:
            seen = [*seen, key]
    assert typed(pressed(*keys, "\r")) == "".join(seen).encode()


def test_the_buffer_forgets_what_was_taken():
    line = TypedLine(SIZE)
    for digit in "135790":
        line.type(digit)
    line.rub_out()
    assert bytes(line._bytes).rstrip(b"\0") == b"13579"
    assert bytes(line.taken()) == b"13579"
    assert not any(line._bytes)


@pytest.mark.parametrize(
    ("key", "held", "is_paste"),
    [
        (V_KEY, LEFT_CONTROL, True),
        (V_KEY, LEFT_CONTROL | SHIFT_HELD, True),
        (INSERT_KEY, SHIFT_HELD, True),
        (V_KEY, 0, False),
        (V_KEY, SHIFT_HELD, False),
        (V_KEY, LEFT_CONTROL | RIGHT_ALT, False),
        (INSERT_KEY, 0, False),
        (INSERT_KEY, LEFT_CONTROL, False),
        (INSERT_KEY, SHIFT_HELD | LEFT_ALT, False),
    ],
)
def test_which_keys_paste(key, held, is_paste):
    assert KeyEvent(character="\0", key=key, state=held).is_paste is is_paste
    assert not KeyEvent(character="\0", key=key, state=held, is_down=False).is_paste


@pytest.mark.parametrize(
    ("copied", "typed_in"),
    [
        ("135792\0rest of the memory", "135792"),
        ("135792\r\nnext line\0", "135792\r"),
        ("135792\nnext line\0", "135792\r"),
        ("\t12\x03\x1a\x1b\x7f34\b\0", "1234"),
        ("密𠮷\0", "密𠮷"),
        ("\0", ""),
        ("", ""),
        ("x" * LONGEST + "\n", "x" * LONGEST),
    ],
)
def test_what_is_pasted_types_its_first_line_and_is_no_other_key(copied, typed_in):
    assert typed_keys(units(copied)) == units(typed_in)
