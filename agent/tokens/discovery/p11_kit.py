"""Reading p11-kit's configuration: which files there are, which are read, where libraries lie.

p11-kit itself gives up altogether on a file that is not valid. Here such a file is told of, and what
the others name is served.
"""

from __future__ import annotations

import os
import platform as host
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.ground.text_files import read_text_file
from agent.tokens.discovery import p11_kit_format as kit
from agent.tokens.discovery.found import (
    FoundModule,
    LeftOut,
    ModuleFileError,
    Source,
    left_out,
    printable,
)
from agent.tokens.model import ModuleSettings


class P11KitPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where p11-kit was built to look."""

    system_file: Path
    system_modules: Path
    package_modules: Path
    user_file: Path | None
    """None for root, and where the environment says so (``P11_KIT_NO_USER_CONFIG``)."""
    user_modules: Path | None
    libraries: tuple[Path, ...]
    """Where a relative ``module:`` may lie, the likeliest first."""


def multiarch_triplet() -> str:
    """Return the folder name Debian gives this interpreter's architecture."""
    found = sysconfig.get_config_var("MULTIARCH")
    return found if isinstance(found, str) and found else f"{host.machine()}-linux-gnu"


def p11_kit_places(
    platform: str, environment: Mapping[str, str] = os.environ, *, uid: int | None = None
) -> P11KitPlaces | None:
    """Return where p11-kit looks on ``platform`` for a user; None where there is no p11-kit.

    ``uid`` is this process's where it is None. For root p11-kit reads no user's files.
    """
    if platform == "linux":
        prefix, configuration = Path("/usr"), Path("/etc/pkcs11")
        folders = [f"lib/{multiarch_triplet()}", "lib64", "lib"]
    elif platform == "darwin":
        prefix = next((p for p in _HOMEBREW if (p / "etc/pkcs11").is_dir()), _HOMEBREW[0])
        configuration, folders = prefix / "etc/pkcs11", ["lib"]
    else:
        return None
    is_root = (_own_uid() if uid is None else uid) == 0
    no_user = is_root or "P11_KIT_NO_USER_CONFIG" in environment
    user = None if no_user else _user_folder(environment)
    return P11KitPlaces(
        system_file=configuration / "pkcs11.conf",
        system_modules=configuration / "modules",
        package_modules=prefix / "share/p11-kit/modules",
        user_file=user / "pkcs11.conf" if user else None,
        user_modules=user / "modules" if user else None,
        libraries=tuple(prefix / folder / "pkcs11" for folder in folders),
    )


_HOMEBREW = (Path("/opt/homebrew"), Path("/usr/local"))


def _own_uid() -> int | None:
    if sys.platform == "win32":
        return None
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        return os.getuid()


def _user_folder(environment: Mapping[str, str]) -> Path | None:
    if environment.get("XDG_CONFIG_HOME"):
        return Path(environment["XDG_CONFIG_HOME"]) / "pkcs11"
    try:
        home = Path(environment["HOME"]) if environment.get("HOME") else Path.home()
    except RuntimeError:
        return None  # a user without an entry and without HOME
    return home / ".config/pkcs11"


class P11KitReading(msgspec.Struct, frozen=True):
    """What p11-kit's configuration names."""

    modules: list[FoundModule] = msgspec.field(default_factory=list)
    left_out: list[LeftOut] = msgspec.field(default_factory=list)
    problems: list[ModuleFileError] = msgspec.field(default_factory=list)


def read_p11_kit(places: P11KitPlaces) -> P11KitReading:
    """Return what p11-kit would load for us, and why it leaves out the rest."""
    reading = P11KitReading()
    for name, settings in kit.merged(_layers(places, reading.problems)):
        library = settings.get("module") or settings.get(kit.TAKEN_BACK) or settings.get("remote")
        if not library:
            continue
        module = _module(name, library, settings, places.libraries)
        reason = kit.why_not_ours(settings)
        path = Path(module.settings.path)
        reason = reason or kit.why_not_library(path.name, Path(os.path.realpath(path)).name)
        if reason:
            reading.left_out.append(left_out(module, reason))
        else:
            reading.modules.append(module)
    return reading


def _layers(places: P11KitPlaces, problems: list[ModuleFileError]) -> list[list[kit.Named]]:
    user_config = kit.UserConfig.NONE if places.user_file is None else kit.UserConfig.MERGE
    for file in (places.system_file, places.user_file):
        if file is not None and user_config is not kit.UserConfig.NONE:
            user_config = _user_config(file, user_config, problems)
    folders: list[Path] = []
    if user_config is not kit.UserConfig.NONE and places.user_modules is not None:
        folders.append(places.user_modules)
    if user_config is not kit.UserConfig.ONLY:
        folders += [places.system_modules, places.package_modules]
    return [_folder(folder, problems) for folder in folders]


def _user_config(
    file: Path, default: kit.UserConfig, problems: list[ModuleFileError]
) -> kit.UserConfig:
    try:
        return kit.user_config_of(_read(file), default)
    except ModuleFileError as error:
        problems.append(error)
    except kit.FormatError as error:
        problems.append(ModuleFileError(file=printable(file), reason=str(error)))
    return default


def _folder(folder: Path, problems: list[ModuleFileError]) -> list[kit.Named]:
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(
            ModuleFileError(file=printable(folder), reason=error.strerror or str(error))
        )
        return []
    named = []
    for file in files:
        try:
            named.append(kit.Named(kit.name_of(printable(file.name)), _read(file)))
        except ModuleFileError as error:
            problems.append(error)
    return named


def _read(file: Path) -> kit.Settings:
    try:
        return kit.parse(read_text_file(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModuleFileError(file=printable(file), reason=error.strerror or str(error)) from error
    except ValueError as error:  # not UTF-8, or not of the form
        raise ModuleFileError(file=printable(file), reason=str(error)) from error


def _module(
    name: str, library: str, settings: kit.Settings, folders: tuple[Path, ...]
) -> FoundModule:
    path = Path(library)
    if not path.is_absolute() and "remote" not in settings:
        candidates = [folder / path for folder in folders]
        path = next((p for p in candidates if p.exists()), candidates[0])
    return FoundModule(
        settings=ModuleSettings(path=str(path)),
        name=name,
        source=Source.P11_KIT,
        is_wanted=settings.get("critical") == "yes",
    )
