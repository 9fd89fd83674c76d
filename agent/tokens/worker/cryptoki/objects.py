"""Searching and reading objects: every search is closed, and ends however many a module makes up."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pkcs11 import Attribute, ObjectClass
from pkcs11 import exceptions as p11

from agent.tokens.model import KeyName
from agent.tokens.worker.cryptoki.failures import REMOVED, EndlessSearchError

MAX_OBJECTS = 2000
"""More than any token has room for."""


def search(session: Any, wanted: Mapping[Attribute, object]) -> list[Any]:  # noqa: ANN401
    """Return all objects with these attributes; the search is over (C_FindObjectsFinal) by then.

    Raises:
        EndlessSearchError: there seem to be more than ``MAX_OBJECTS``.
    """
    with contextlib.closing(session.get_objects(wanted)) as objects:
        found = list(itertools.islice(objects, MAX_OBJECTS + 1))
    if len(found) > MAX_OBJECTS:
        raise EndlessSearchError
    return found


def find(session: Any, kind: ObjectClass, key: KeyName) -> Any:  # noqa: ANN401
    """Return the object of this kind and CKA_ID, or None."""
    found = search(session, {Attribute.CLASS: kind, Attribute.ID: key})
    return found[0] if found else None


def certificates_of(session: Any, key: KeyName) -> list[bytes]:  # noqa: ANN401
    """Return the certificates (DER) on the token under the key's CKA_ID."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key}
    return [bytes(attribute(found, Attribute.VALUE, b"")) for found in search(session, wanted)]


def attribute(found: Any, name: Attribute, default: Any) -> Any:  # noqa: ANN401
    """Read one attribute; objects are damaged in more ways than can be listed."""
    try:
        return found[name]
    except (p11.PKCS11Error, ValueError):
        return default


@contextlib.contextmanager
def reading_session(token: Any) -> Iterator[Any]:  # noqa: ANN401 - python-pkcs11 is untyped
    """Open a session for reading; that it cannot be closed takes nothing from what was read."""
    session = token.open()
    try:
        yield session
    finally:
        try:
            session.close()
        except REMOVED:
            raise
        except p11.PKCS11Error as error:
            sys.stderr.write(f"a session was not closed: {type(error).__name__}\n")
