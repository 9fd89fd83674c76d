"""Whose a host is."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sites import domains
from agent.sites.domains import load_suffixes, registrable_domain

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
SUFFIXES = ("cn", "gov.cn", "com.cn", "com", "xn--55qx5d.cn", "xn--fiqs8s", "github.io", "co.uk")


@given(
    st.lists(LABEL, max_size=6),
    LABEL.filter(lambda label: label != "gov"),
    st.sampled_from(SUFFIXES),
)
def test_it_is_the_public_suffix_and_one_label_however_long_the_host(below, own, suffix):
    domain = f"{own}.{suffix}"
    if registrable_domain(f"x.{domain}") != domain:
        return  # by chance a suffix of its own, such as hi.cn, where provinces have theirs
    assert registrable_domain(".".join((*below, domain))) == domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.sz.gov.cn.login.evil.gov.cn", "evil.gov.cn"),
        ("www.gov.cn.evil.com", "evil.com"),
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"),
        ("a.city.kobe.jp", "city.kobe.jp"),
        ("somebody.github.io", "somebody.github.io"),
        ("a.b.unheard-of", "b.unheard-of"),
    ],
)
def test_the_end_of_a_host_says_whose_it_is(host, domain):
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "10.1.2.3", "[::1]", "gov.cn", "cn", "a..b", ".", "-"]
)
def test_what_nobody_can_register_is_itself(host):
    assert registrable_domain(host) == host


async def test_the_list_is_read_once_and_from_no_network(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    domains._read.cache_clear()
    await load_suffixes()
    await load_suffixes()
    assert registrable_domain("www.example.gov.cn") == "example.gov.cn"
    assert domains._read.cache_info().misses == 1
