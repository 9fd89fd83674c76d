"""What an authority's settings may be together."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent.settings.config import AuthoritySettings

SOME = {"name": "a", "issuers": [], "url": "https://a", "trust_anchor": "ca.pem"}
LOGIN = {"user": "u", "password_file": "secret"}


def read(**values: object) -> AuthoritySettings:
    def path(_kind: type, value: str) -> Path:
        return Path(value)

    return msgspec.convert({**SOME, **values}, AuthoritySettings, dec_hook=path)


@pytest.mark.parametrize(
    "values",
    [
        {"profile": "cmp"},
        {"profile": "cmp", **LOGIN},
        {"profile": "cmp", "url": "http://a", "path": "/ejbca/publicweb/cmp/renewals", **LOGIN},
        {"profile": "cmp", "mac": "pbmac1"},
        {"profile": "cmp", "key_types": ["sm2", "ec:secp256r1"]},
        {"profile": "cmp-signed"},
        {"profile": "cmp-signed", "url": "http://a", "path": "/ejbca/publicweb/cmp/updates"},
        {"profile": "est", **LOGIN},
    ],
)
def test_what_goes_together_is_taken(values):
    assert read(**values).profile == values["profile"]


@pytest.mark.parametrize(
    "values",
    [
        {"url": "http://a"},
        {"profile": "est", "url": "http://a", **LOGIN},
        {"profile": "est"},
        {"profile": "cmp", "user": "u"},
        {"profile": "cmp", "password_file": "secret"},
        {"profile": "cmp", "url": "ftp://a", **LOGIN},
        {"profile": "cmp", "mac": "hmac"},
        {"profile": "cmp", "key_types": ["dsa"]},
        {"profile": "cmp-signed", **LOGIN},
        {"profile": "cmp-signed", "user": "u"},
        {"profile": "cmp-signed", "url": "ftp://a"},
        {"profile": "cmp", "path": "cmp", **LOGIN},
        {"profile": "cmp", "path": "/cmp?x", **LOGIN},
    ],
)
def test_what_would_send_a_secret_in_clear_or_lacks_half_is_refused(values):
    with pytest.raises(msgspec.ValidationError):
        read(**values)
