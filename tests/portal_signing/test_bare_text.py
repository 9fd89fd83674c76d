"""What is signed bare: texts a person can read, and nothing that could count as something else."""

from __future__ import annotations

import pytest
from certificate_maker import make_x509
from hypothesis import given
from hypothesis import strategies as st

from agent.keys.der_writing import sequence, set_of
from agent.portal_signing.bare_text import MOST_BYTES, TextRefusedError, bytes_of


@pytest.mark.parametrize(
    ("text", "encoding", "content"),
    [
        ("同意。", "utf-8", "同意。".encode()),
        ("同意。", "utf-16le", "同意。".encode("utf-16le")),
        ("同意。", "gbk", "同意。".encode("gbk")),
        ("第一行\r\n第二行\t完", "utf-8", "第一行\r\n第二行\t完".encode()),
        ("0", "utf-8", b"0"),
    ],
)
def test_a_text_is_signed_in_the_encoding_its_server_has(text, encoding, content):
    assert bytes_of(text, encoding) == content


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "utf-8"),
        ("字" * MOST_BYTES, "utf-8"),
        ("付 \u202e000,1 元", "utf-8"),
        ("a\u200bb", "utf-8"),
        ("a\x00b", "utf-8"),
        ("\ue000", "utf-8"),
        ("\ud800", "utf-8"),
        ("한국어", "gbk"),
        ("a" * 64, "utf-8"),
        ("a" * 96, "utf-8"),
        ("登" * 32, "utf-16le"),
        ("登" * 48, "utf-16le"),
        ("登" * 32, "gbk"),
    ],
)
def test_what_nobody_can_read_and_what_has_the_length_of_a_log_in_is_refused(text, encoding):
    with pytest.raises(TextRefusedError):
        bytes_of(text, encoding)


@given(st.binary(min_size=1, max_size=200))
def test_no_element_that_is_signed_elsewhere_passes_for_a_text(inner):
    for element in (sequence(inner), set_of(inner), make_x509_cached()):
        for encoding in ("utf-8", "utf-16le", "gbk"):
            try:
                text = element.decode(encoding)
            except UnicodeDecodeError:
                continue
            with pytest.raises(TextRefusedError):
                bytes_of(text, encoding)


def test_a_set_that_reads_as_chinese_is_refused_for_what_it_is():
    """DER that is printable: 0x31 0x4E, and 78 bytes of ideographs."""
    text = (b"\x31\x4e" + "登".encode("utf-16le") * 39).decode("utf-16le")
    assert text.isalpha()
    with pytest.raises(TextRefusedError, match="something else"):
        bytes_of(text, "utf-16le")
    assert bytes_of(text + "登", "utf-16le")


def make_x509_cached(_made=[]):  # noqa: B006 - made once
    if not _made:
        _made.append(make_x509().tbs_certificate_bytes)
    return _made[0]
