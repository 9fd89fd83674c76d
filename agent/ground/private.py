"""What holds a person's data or a secret: of it only a name is printed."""

from __future__ import annotations

import msgspec


class Private(msgspec.Struct, frozen=True):
    """The base of facts that must not reach a log, by way of a traceback or of an error's words.

    A struct prints all its fields, and whatever holds it prints it along.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"
