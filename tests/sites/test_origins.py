"""Which web sites may ask: rules on origins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sites.origins import (
    OriginNotAllowedError,
    check_origin,
    host_of,
    is_allowed,
    is_denied,
    is_origin,
    is_secure,
)


@pytest.mark.parametrize(
    ("origin", "pattern"),
    [
        ("https://www.gov.cn", "https://www.gov.cn"),
        ("https://www.sz.gov.cn", "https://*.gov.cn"),
        ("https://a.b.c.gov.cn", "https://*.gov.cn"),
        ("https://www.gov.cn:8443", "https://www.gov.cn:8443"),
        ("https://www.gov.cn:8443", "https://www.gov.cn:*"),
        ("https://xn--fiqs8s.cn", "https://xn--fiqs8s.cn"),
        ("http://localhost:5173", "http://localhost:*"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://anything.example", "*"),
        pytest.param(
            "http://[::1]:8080",
            "http://[::1]:8080",
        ),
    ],
)
def test_an_origin_of_the_configuration_may_ask(origin, pattern):
    check_origin(origin)
    assert is_allowed(origin, ["https://other.example", pattern])


@pytest.mark.parametrize(
    ("origin", "pattern"),
    [
        ("https://gov.cn", "https://*.gov.cn"),
        ("https://evilgov.cn", "https://*.gov.cn"),
        ("https://www.gov.cn.evil.com", "https://*.gov.cn"),
        ("https://www.gov.cn:8443", "https://www.gov.cn"),
        ("https://www.gov.cn", "https://www.gov.cn:8443"),
        ("http://localhost:5173", "http://localhost"),
        ("http://localhost:5173", "https://localhost:*"),
    ],
)
def test_an_origin_beside_the_pattern_may_not(origin, pattern):
    assert not is_allowed(origin, [pattern])


def test_without_a_configuration_nobody_is_allowed_or_denied():
    assert not is_allowed("https://www.gov.cn", [])
    assert not is_denied("https://www.gov.cn", [])


@pytest.mark.parametrize(
    ("origin", "pattern", "denied"),
    [
        ("https://www.evil.cn", "https://www.evil.cn", True),
        ("https://www.evil.cn:8443", "https://www.evil.cn", True),
        ("https://www.evil.cn:8443", "https://*.evil.cn", True),
        ("https://www.evil.cn", "https://www.evil.cn:8443", False),
        ("https://www.good.cn", "https://*.evil.cn", False),
        ("http://[::1]:80", "http://[::1]", True),
    ],
)
def test_a_ban_holds_on_whatever_port(origin, pattern, denied):
    assert is_denied(origin, [pattern]) is denied


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://www.gov.cn", "www.gov.cn"),
        ("https://www.gov.cn:8443", "www.gov.cn"),
        ("http://localhost:1", "localhost"),
        ("http://[::1]:80", "[::1]"),
        ("http://[::1]", "[::1]"),
    ],
)
def test_a_host_is_one_site_on_all_its_ports(origin, host):
    assert host_of(origin) == host


def test_only_https_is_secure():
    assert is_secure("https://www.gov.cn")
    assert not is_secure("http://localhost")


@pytest.mark.parametrize(
    "origin",
    [
        "http://www.gov.cn",
        "http://localhost.evil.com",
        "http://127.0.0.2",
        "file://",
        "null",
        "",
        "chrome-extension://ibaicfimpnloochnmcaflgfhaenealaa",
        "data:text/html",
        "https://",
        "https://www.gov.cn/",
        "https://www.gov.cn/path",
        "https://user@www.gov.cn",
        "https://www.gov.cn@evil.com",
        "https://www.gov.cn\n",
        "https://WWW.GOV.CN",
        "https://www.gov.cn:port",
        "https://www.gov.cn:123456",
        "https://政务.cn",
        "https://www.gov.cn.",
        "https://www.gov.cn.:8443",
        "https://.",
        "https://www.gov.cn:٤٤٣",
        " https://www.gov.cn",
        "https://*.gov.cn",
    ],
)
def test_what_is_no_secure_origin_may_never_ask(origin):
    with pytest.raises(OriginNotAllowedError):
        check_origin(origin)


@given(st.text(max_size=40))
def test_only_https_and_this_machine_pass_whatever_is_allowed(text):
    for origin in (text, f"http://{text}", f"https://www.gov.cn{text}"):
        if not is_origin(origin):
            continue
        assert origin.startswith(
            ("https://", "http://localhost", "http://127.0.0.1", "http://[::1]")
        )
        assert not set(origin.split("://")[1]) & set("/@?# \n\\")
