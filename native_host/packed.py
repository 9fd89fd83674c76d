"""The host's modules out of one file: on Windows opening one for each takes longer than all else it does.

``installer/windows/packages.py`` writes the file; its first part is this module, which the program runs
and calls ``take_in`` of (``HOST_START`` in ``launchers/build.py``). What is not in the file is found as ever.
"""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType

    Codes = dict[str, tuple[bool, CodeType]]
    """By a module's name: whether it is a package, and what it does."""


class Packed:
    """Finds and loads these modules, which say that they lie where their own files do."""

    def __init__(self, codes: Codes, folder: str) -> None:
        self._codes = codes
        self._folder = folder

    def find_spec(
        self, name: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        """Return where a module is, None where it is not among these."""
        if name not in self._codes:
            return None
        is_package, _ = self._codes[name]
        place = f"{self._folder}\\{name.replace('.', chr(92))}"
        origin = f"{place}\\__init__.pyc" if is_package else f"{place}.pyc"
        spec = ModuleSpec(name, self, origin=origin, is_package=is_package)  # type: ignore[arg-type] # it has what a loader has
        spec.has_location = True  # so that it has __file__
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(place)
        return spec

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave that to the interpreter."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module."""
        exec(self._codes[module.__name__][1], module.__dict__)  # noqa: S102 - our own, from our own file


def take_in(codes: Codes) -> None:
    """Have these modules be found."""
    sys.meta_path.insert(0, Packed(codes, f"{sys.executable.rpartition(chr(92))[0]}\\lib"))
