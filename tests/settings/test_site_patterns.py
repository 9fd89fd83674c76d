"""What an administrator writes of a site fits the site, or is refused."""

from __future__ import annotations

import pytest

from agent.settings.config import BrowserSettings
from agent.settings.site_patterns import site_pattern
from agent.sites.origins import is_allowed, is_denied


@pytest.mark.parametrize(
    ("pattern", "origin"),
    [
        ("https://WWW.Example.CN", "https://www.example.cn"),
        ("https://*.政府.cn", "https://www.xn--mxtq1m.cn"),
        ("https://中国:8443", "https://xn--fiqs8s:8443"),
        ("*://*.sz.gov.cn:*", "https://etax.sz.gov.cn:8443"),
        ("*", "https://www.example.cn"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_pattern_fits_however_it_is_written(pattern, origin):
    assert is_allowed(origin, (pattern,))
    assert is_denied(origin, (pattern,))
    BrowserSettings(allow=(pattern,), deny=(pattern,))


@pytest.mark.parametrize(
    "pattern",
    [
        "www.example.cn", "https://www.example.cn/", "https://www.example.cn/login", "https://",
        "https://www.example.cn.", "ftp://www.example.cn", "https://user@www.example.cn",
        "https://www example.cn", "https://*政府.cn", "https://www.example.cn?x", "", "https://政府.cn:政",
    ],
)  # fmt: skip
def test_what_would_never_fit_is_refused(pattern):
    with pytest.raises(ValueError, match=r"."):
        site_pattern(pattern)
    with pytest.raises(ValueError, match=r"."):
        BrowserSettings(deny=(pattern,))
