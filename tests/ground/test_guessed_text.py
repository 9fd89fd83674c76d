"""Bytes that do not say in which encoding they are: what was meant is found, and nothing ever fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.encodings import guessed_text


@pytest.mark.parametrize("codec", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("text", ["可信密钥", "喆镕珺玥", "廣東樣例", "TCL科技", "北A京", "KEY"])
def test_chinese_is_read_in_each_of_its_encodings(text, codec):
    assert guessed_text(text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["utf-8", "latin-1"])
@pytest.mark.parametrize("text", ["Müller", "Grüße aus Köln", "Société Générale", "Ærø", "Citroën"])
def test_western_words_are_no_chinese(text, codec):
    assert guessed_text(text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
@pytest.mark.parametrize("length", range(4, 33))
def test_a_field_may_end_in_the_middle_of_a_character(codec, length):
    text = "可信密钥可信密钥可信密钥可信密钥"
    read = guessed_text(text.encode(codec)[:length], may_be_cut=True)
    assert read
    assert text.startswith(read)


@given(st.binary(), st.booleans())
def test_any_bytes_are_some_text(content, may_be_cut):
    assert isinstance(guessed_text(content, may_be_cut=may_be_cut), str)
