"""Numbers of papers that belong to nobody, with check characters that are right."""

from __future__ import annotations

from hypothesis import strategies as st
from stdnum.cn import ric

STEM = "44030019900101"
"""Region and day of birth are real ones; order number 000 is given to nobody."""


def with_check_character(stem: str) -> str:
    """Return an 18-character number for its first 17 digits (GB 11643)."""
    return stem + ric.calc_check_digit(stem + "0")


def id_number(stem: str = f"{STEM}000", *, ends_in: str | None = None) -> str:
    """Return a resident ID number, if wanted one whose check character is ``ends_in``."""
    stems = [stem] if ends_in is None else [f"{STEM}{order:03}" for order in range(1000)]
    numbers = (with_check_character(each) for each in stems)
    return next(number for number in numbers if ends_in is None or number.endswith(ends_in))


PROVINCES = ("11", "31", "44", "65", "71")
days = st.dates().filter(lambda day: 1900 <= day.year <= 2030).map(lambda day: f"{day:%Y%m%d}")
id_numbers = st.builds(
    lambda province, county, day, order: with_check_character(
        f"{province}{county:04}{day}{order:03}"
    ),
    st.sampled_from(PROVINCES),
    st.integers(0, 9999),
    days,
    st.integers(0, 999),
)
