"""How hosts are shown: in their own characters where these can be taken for no others."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.sites.shown_names import shown_name


def a_labels(host):
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode()
        for label in host.split(".")
    )


@pytest.mark.parametrize(
    "host",
    [
        "www.sz.gov.cn",
        "政务.公司.cn",
        "中国12345.cn",
        "中国ca-online.cn",
        "一网通办.cn",
        "пример.рф",
        "한국.한국",
        "شركة.امارات",
    ],
)
def test_names_that_are_clear_are_shown_in_their_own_characters(host):
    assert shown_name(a_labels(host)) == host


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("gоv.cn", id="a Cyrillic letter among Latin ones"),
        pytest.param("аррӏе.com", id="Cyrillic letters that look like Latin ones"),
        pytest.param("αβγ.cn", id="another script than the top-level domain's"),
        pytest.param("ɡov.cn", id="another Latin g"),
        pytest.param("münchen.de", id="marks"),
        pytest.param("sz一gov.cn", id="an ideograph that looks like a dash"),
        pytest.param("中国а.cn", id="ideographs and Cyrillic"),
        pytest.param("⼀网.cn", id="a radical in place of its ideograph"),
        pytest.param("ソニー.jp", id="kana below a Latin domain"),
        pytest.param("🔑.cn", id="a picture"),
        pytest.param("\u202e国.cn", id="a sign that turns text round"),
        pytest.param("中\u200b国.cn", id="a sign without width"),
    ],
)
def test_names_that_can_be_taken_for_others_stay_as_they_are_written(host):
    ascii_host = a_labels(host)
    assert shown_name(ascii_host) == ascii_host


@pytest.mark.parametrize("label", ["xn--", "xn--a", "xn--0", "xn--999999999", "xn---"])
def test_what_is_no_name_stays_as_it_is_written(label):
    assert shown_name(f"{label}.cn") == f"{label}.cn"


@example(":㐀")
@given(st.text(min_size=1, max_size=12).filter(lambda text: "." not in text))
def test_nothing_shown_is_of_two_scripts_or_unseen(text):
    if text.isascii():
        return
    coded = a_labels(f"{text}.cn")
    shown = shown_name(coded)
    if shown != coded:
        letters = {unicodedata.name(c).split("-")[0] for c in shown if not c.isascii()}
        assert letters == {"CJK UNIFIED IDEOGRAPH"}
        assert all(c.isalnum() or c in "-." for c in shown)


@given(st.from_regex(r"(xn--)?[a-z0-9-]{1,20}(\.xn--[a-z0-9-]{1,20})?", fullmatch=True))
def test_whatever_is_written_can_be_shown_and_found_again(host):
    assert a_labels(shown_name(host)) == host
