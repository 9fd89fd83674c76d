"""What a terminal's encoding cannot say is replaced by what comes closest, and no command fails of it."""

from __future__ import annotations

import io
import json
import locale
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.streams import heard, replace_what_cannot_be_said, sayable_json

ENCODINGS = ("ascii", "latin-1", "gbk", "cp936", "cp437", "gb18030", "utf-8", "cp1252", "big5")


def said(monkeypatch, text: str, encoding: str, name: str = "stdout") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, name, stream)
    replace_what_cannot_be_said()
    stream.write(text)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("✓ 驱动", "gbk", "√ 驱动"),
        ("✗ 驱动", "gbk", "× 驱动"),
        ("✓ ✗ ! ?", "ascii", "+ x ! ?"),
        ("✗", "latin-1", "×"),
        ("𠮷野家", "gbk", "?野家"),
        ("Reading …", "latin-1", "Reading ..."),
        ("2021 – 2022 · Müller", "ascii", "2021 - 2022 - Muller"),
        ("证书", "ascii", "??"),
        ("\udcff", "utf-8", "?"),
    ],
)
def test_a_character_that_is_not_there_has_a_stand_in(monkeypatch, text, encoding, shown, name):
    assert said(monkeypatch, text, encoding, name) == shown


@given(text=st.text(st.characters()), encoding=st.sampled_from(ENCODINGS))
def test_any_text_can_be_said_in_any_encoding(text, encoding):
    with pytest.MonkeyPatch.context() as patch:
        said(patch, text, encoding)


@given(value=st.text(st.characters(exclude_categories=["Cs"])), encoding=st.sampled_from(ENCODINGS))
def test_json_says_the_same_to_a_program_in_any_encoding(value, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    text = sayable_json(json.dumps(value, ensure_ascii=False), stream)
    assert json.loads(text.encode(encoding).decode(encoding)) == value


def test_json_is_as_readable_as_the_encoding_allows():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="gbk")
    assert sayable_json('"样例 𠮷"', stream) == '"样例 \\ud842\\udfb7"'


@pytest.mark.parametrize("encoding", ["cp936", "utf-8"])
def test_what_a_child_of_ours_complains_of_is_read_as_it_was_written(monkeypatch, encoding):
    monkeypatch.setattr(locale, "getencoding", lambda: encoding)
    assert heard("[WinError 5] 拒绝访问。".encode(encoding)) == "[WinError 5] 拒绝访问。"
    assert heard(b"\xff").isprintable()


def test_a_stream_of_ours_that_is_read_has_what_is_no_text_replaced(monkeypatch, tmp_path):
    (tmp_path / "captured").write_bytes(b"said \xff\xfe")
    with (tmp_path / "captured").open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        replace_what_cannot_be_said()
        assert stream.read() == "said \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
