"""Which driver speaks to a library. Each is imported only where it is wanted."""

from __future__ import annotations

from pathlib import Path

from agent.tokens.errors import ModuleUnsupportedError
from agent.tokens.exports import kind_of
from agent.tokens.model import ModuleKind
from agent.tokens.worker.driver import Driver


def load_driver(path: str, kind: ModuleKind | None) -> Driver:
    """Load the library at ``path``.

    Args:
        path: the library.
        kind: how it is to be spoken to; None finds it out by what it exports.

    Raises:
        ModuleUnsupportedError: it is of a kind there is no driver for; nothing was loaded.
        ModuleLoadError: it cannot be loaded.
    """
    if (kind or kind_of(path)) is ModuleKind.SKF:
        raise ModuleUnsupportedError(module=Path(path).name)
    from agent.tokens.worker.cryptoki.module import Module  # noqa: PLC0415 - see above

    return Module(path)
