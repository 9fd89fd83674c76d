"""Texts of a module's are fit for terminals, notifications and pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tokens.worker.texts import printable


@given(st.one_of(st.text(), st.binary()))
def test_whatever_a_module_says_is_printable(text):
    assert printable(text).isprintable()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("测试KEY", "测试KEY"),
        (b"0123456789abcdef", "0123456789abcdef"),
        ("padded \0\0  ", "padded"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred", "\N{REPLACEMENT CHARACTER}[31mred"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "\N{REPLACEMENT CHARACTER}gpj.exe"),
        ("全角\N{IDEOGRAPHIC SPACE}空格", "全角 空格"),
        ("测试".encode("gb18030"), "测试"),
    ],
)  # fmt: skip
def test_a_text_keeps_what_can_be_shown(given, shown):
    assert printable(given) == shown
