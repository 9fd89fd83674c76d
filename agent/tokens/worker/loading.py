"""Which driver speaks to a library. Each is imported only where it is wanted."""

from __future__ import annotations

from importlib import import_module

from agent.tokens.errors import ModuleLoadError
from agent.tokens.exports import kind_of
from agent.tokens.model import ModuleKind, Quirks
from agent.tokens.widths import interpreter_of
from agent.tokens.worker.driver import Driver


def load_driver(path: str, kind: ModuleKind | None, quirks: Quirks) -> Driver:
    """Load the library at ``path``.

    Args:
        path: the library.
        kind: how it is to be spoken to; None finds it out by what it exports.
        quirks: what the configuration says of a library that speaks SKF.

    Raises:
        ModuleLoadError: it cannot be loaded.
    """
    try:
        return _loaded(path, kind, quirks)
    except ModuleLoadError as error:
        # Here, since most can be. What the system says of it is English, and means little to most.
        from agent.tokens.discovery.libraries import why_not_loadable  # noqa: PLC0415

        reason = why_not_loadable(path, loaded_by=quirks.loaded_by)
        if reason is None:
            raise
        raise ModuleLoadError(module=path, reason=reason) from error


def _loaded(path: str, kind: ModuleKind | None, quirks: Quirks) -> Driver:
    if _speaks_skf(path, kind, quirks):
        from agent.tokens.worker.skf.module import SkfModule  # noqa: PLC0415 - see above

        return SkfModule(path, quirks)
    from agent.tokens.worker.cryptoki.module import Module  # noqa: PLC0415 - see above

    return Module(path)


def load_ahead(path: str, kind: ModuleKind | None, quirks: Quirks) -> None:
    """Import what a session with a token of the library at ``path`` needs of ours; that is not loaded."""
    room = "skf" if _speaks_skf(path, kind, quirks) else "cryptoki"
    for name in ("session", f"{room}.module", f"{room}.found_token"):
        import_module(f"agent.tokens.worker.{name}")


def _speaks_skf(path: str, kind: ModuleKind | None, quirks: Quirks) -> bool:
    # Of a library of another width only SKF's functions can be called.
    is_elsewhere = bool(interpreter_of(path, quirks.loaded_by))
    return is_elsewhere or (kind or kind_of(path)) is ModuleKind.SKF
