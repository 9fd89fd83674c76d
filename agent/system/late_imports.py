"""Imports that come late, while other threads run, try again where the interpreter stumbles.

A module that makes a syntax tree as it is loaded (anyio does, which httpx loads with its first client) may
fail on Python up to 3.11.4 where another thread makes one at the same time: ``SystemError: AST constructor
recursion depth mismatch`` (python/cpython 106905). Much is imported late for the sake of start and memory,
by us and by libraries, so all of it goes through here.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

log = logging.getLogger(__name__)

TRIES = 10
PAUSE_SECONDS = 0.02
"""Before another try: the other thread is done with its tree by then."""


def try_imports_again() -> None:
    """Have what this process imports from now on be tried again."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):  # two would ask each other
        sys.meta_path.insert(0, _Finder())


class _GivenUpError(SystemError):
    """Every try to load a module has failed."""


class _Finder(MetaPathFinder):
    """Finds what the others find, to be loaded with more than one try."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader(Loader):
    def __init__(self, own: Loader) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module is as if there had been nobody between: its resources are its loader's.
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._own
        new = dict(vars(module))
        for _ in range(TRIES):
            try:
                return self._own.exec_module(module)
            except _GivenUpError:  # what it imports has had its tries
                raise
            except SystemError as error:
                log.warning("import tried again module=%s reason=%s", module.__name__, error)
            time.sleep(PAUSE_SECONDS)
            vars(module).clear()
            vars(module).update(new)
        raise _GivenUpError(f"{module.__name__} cannot be loaded")
