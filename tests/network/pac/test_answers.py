from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.network.pac.answers import read_answer


@pytest.mark.parametrize(
    ("answer", "ways"),
    [
        ("DIRECT", ("",)),
        ("direct;", ("",)),
        ("PROXY proxy.example.cn:3128", ("http://proxy.example.cn:3128",)),
        ("PROXY a:1; HTTPS b; DIRECT", ("http://a:1", "https://b:443", "")),
        ("HTTP [2001:db8::1]:8080", ("http://[2001:db8::1]:8080",)),
        ("proxy A.example", ("http://a.example:80",)),
        ("SOCKS5 s:1080; PROXY a:1", ("http://a:1",)),
        ("nonsense; PROXY a:1", ("http://a:1",)),
        ("PROXY a:0; PROXY a:65536; PROXY b:1", ("http://b:1",)),
    ],
)
def test_ways_come_in_the_order_they_are_named(answer, ways):
    assert read_answer(answer) == ways


@pytest.mark.parametrize(
    "answer", ["", ";", "SOCKS s:1080", "PROXY", "PROXY a b", "PROXY user:p@a:1", "http://a:1"]
)
def test_what_names_no_way_is_refused(answer):
    with pytest.raises(ValueError, match=r".*"):
        read_answer(answer)


@given(st.text())
def test_any_text_is_a_way_or_refused(answer):
    try:
        ways = read_answer(answer)
    except ValueError:
        return
    assert all(way == "" or way.startswith(("http://", "https://")) for way in ways)
