"""A validator of Web eID's tokens that nobody here wrote: `django-esteid`.

It imports oscrypto, which dies beside an OpenSSL whose version has a number of two digits, and Estonia's
certificates. Nothing of either is used here, so something of their names is there while it is imported.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any
from unittest import mock

import msgspec

_LEFT_OUT = (
    "esteid_certificates",
    "oscrypto",
    "oscrypto.asymmetric",
    "oscrypto.errors",
    "oscrypto.keys",
)


class _NotCalled(ModuleType):
    """Has any name, and none of them may be called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return mock.Mock(side_effect=AssertionError(f"{self.__name__}.{name} was called"))


@cache
def _types() -> Any:
    from django.conf import settings  # noqa: PLC0415

    if not settings.configured:
        settings.configure()
    stand_ins = {name: _NotCalled(name) for name in _LEFT_OUT if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        from esteid.idcard import types  # noqa: PLC0415
    finally:
        for name in stand_ins:
            del sys.modules[name]
    return types


def is_valid(token: Any, origin: str, nonce: str) -> bool:
    """Return whether the signature is right; raises where it is no token at all."""
    types = _types()
    response = types.LibraryAuthenticateResponse(**msgspec.to_builtins(token))
    assert response.is_valid()
    try:
        response.validate_signature(response.certificate_bytes, origin, nonce.encode())
    except types.SignatureVerificationError:
        return False
    return True
