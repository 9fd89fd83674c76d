"""Proxies as the environment of desktops names them: by whom one goes, and what is never printed."""

from __future__ import annotations

import ipaddress
import urllib.parse

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.network.proxies import is_exempt, named_with, proxy_url, shown_proxy, without_login
from agent.network.way_out import proxy_for

PROXY = "http://127.0.0.1:7890"
LOCAL = "localhost,127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.*,::1,fd00::/8,<local>,*.example.cn,.gov.cn"


@pytest.fixture(autouse=True)
def no_systems_proxy(monkeypatch):
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("url", "is_direct"),
    [
        ("https://10.1.2.3:8443", True),
        ("https://127.0.0.9", True),
        ("https://172.31.255.255", True),
        ("https://192.168.7.9", True),
        ("https://[::1]:8443", True),
        ("https://[fd12::1]", True),
        ("https://intranet", True),
        ("https://LOCALHOST:8443", True),
        ("https://ra.example.cn", True),
        ("https://a.ra.example.cn.", True),
        ("https://www.gov.cn", True),
        ("https://gov.cn", True),
        ("https://11.1.2.3", False),
        ("https://172.32.0.1", False),
        ("https://[fe80::1]", False),
        ("https://example.com", False),
        ("https://notexample.cn", False),
        ("https://mygov.cn", False),
        ("https://192.168.7.9.example.com", False),
    ],
)
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_no_proxy_knows_ranges_stars_and_ipv6(monkeypatch, url, is_direct, case):
    monkeypatch.setenv(case("https_proxy"), PROXY)
    monkeypatch.setenv(case("no_proxy"), LOCAL)
    assert proxy_for(url) == (None if is_direct else PROXY)


@pytest.mark.parametrize(
    ("entry", "url", "is_direct"),
    [
        ("ra.example.cn:8443", "https://ra.example.cn:8443", True),
        ("ra.example.cn:8443", "https://ra.example.cn", False),
        ("ra.example.cn:443", "https://ra.example.cn", True),
        ("[::1]:8443", "https://[::1]:8443", True),
        ("[::1]:8443", "https://[::1]:9443", False),
        ("[::1]", "https://[::1]:9443", True),
        ("a.cn; b.cn c.cn", "https://b.cn", True),
        ("*", "https://anything.example", True),
        ("", "https://anything.example", False),
        (" , ", "https://anything.example", False),
        ("10.1.2.3/8", "https://10.9.9.9", True),
        ("10.0.0.0/99", "https://10.9.9.9", False),
    ],
)
def test_an_entry_of_no_proxy(monkeypatch, entry, url, is_direct):
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", entry)
    assert (proxy_for(url) is None) is is_direct


addresses = st.ip_addresses(v=4) | st.ip_addresses(v=6)


@given(addresses, st.integers(0, 128), addresses)
def test_a_range_exempts_what_is_in_it_and_nothing_else(start, bits, asked):
    bits = min(bits, start.max_prefixlen)
    network = ipaddress.ip_network((start, bits), strict=False)
    assert is_exempt(str(asked), 443, f"{start}/{bits}") == (asked in network)
    assert is_exempt(str(network[-1]), 443, f"x,{start}/{bits}")


anything = st.text(
    st.characters(min_codepoint=33, exclude_categories=("Cs",)), min_size=1, max_size=20
)


@given(anything.filter(lambda user: ":" not in user and "%" not in user and "://" not in user),
       anything.filter(lambda password: "%" not in password))  # fmt: skip
def test_a_password_of_any_characters_reaches_the_proxy_and_is_never_printed(user, password):
    url = proxy_url(f"http://{user}:{password}@proxy.example:3128/")
    sent = httpx.Proxy(url)
    assert sent.raw_auth == (user.encode(), password.encode())
    assert (sent.url.host, sent.url.port) == ("proxy.example", 3128)
    parts = urllib.parse.urlsplit(url)
    assert (parts.hostname, parts.port) == ("proxy.example", 3128)
    assert urllib.parse.unquote(parts.password) == password
    assert shown_proxy(url) == "proxy.example:3128"
    assert named_with("refused", url) == "refused (proxy proxy.example:3128)"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("user:p@ss#1@host:1", "http://user:p%40ss%231@host:1"),
        ("http://user:p%40ss@host:1", "http://user:p%40ss@host:1"),
        ("socks5://host:1", "socks5://host:1"),
        ("http://[::1]:3128", "http://[::1]:3128"),
    ],
)
def test_a_proxy_as_it_is_written(written, url):
    assert proxy_url(written) == url


def test_where_a_proxy_program_is_from_is_told_without_a_login():
    assert without_login("http://u:p@ss@wpad/x@y.pac") == "http://wpad/x@y.pac"
    assert without_login("/etc/proxy.pac") == "/etc/proxy.pac"
