"""Decoding into types, whichever threads do it first.

msgspec learns a type when it is first used, and shows every thread what it has learnt so far: two that use a
type for the first time at once end the process by a segmentation fault (seen with 0.22, and shown by
``tests/ground/test_decoding.py``). So a type is learnt under a lock before it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_learning = threading.Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def json_decoder(kind: type[T]) -> Callable[[bytes | str | msgspec.Raw], T]:
    """Return what decodes JSON into ``kind``; it raises msgspec.DecodeError, or UnicodeDecodeError."""
    found = _decoders.get(kind)
    if found is None:
        with _learning:
            found = _decoders[kind] = msgspec.json.Decoder(kind)
    return found.decode


@overload
def from_json(content: bytes | str | msgspec.Raw, kind: type[T]) -> T: ...
@overload
def from_json(content: bytes | str | msgspec.Raw, kind: Any) -> Any: ...  # noqa: ANN401 - a union of types
def from_json(content: bytes | str | msgspec.Raw, kind: type[T]) -> T:
    """Return JSON as ``kind``; msgspec.DecodeError, or UnicodeDecodeError."""
    return json_decoder(kind)(content)


@overload
def converted(
    values: object, kind: type[T], *, dec_hook: Callable[[type[Any], Any], Any] | None = None
) -> T: ...
@overload
def converted(values: object, kind: Any) -> Any: ...  # noqa: ANN401 - a union of types
def converted(
    values: object, kind: type[T], *, dec_hook: Callable[[type[Any], Any], Any] | None = None
) -> T:
    """Return plain values as ``kind``; msgspec.ValidationError."""
    json_decoder(kind)
    return msgspec.convert(values, kind, dec_hook=dec_hook)
