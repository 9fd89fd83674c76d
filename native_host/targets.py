"""The places where browsers look for hosts: of this user, of the system, of one profile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.system.runtime import home_override
from native_host import registry
from native_host.browsers import CHROMIUM_FOLDER, Browser, Family
from native_host.launcher import host_program, launcher_folder
from native_host.manifests import FILE_NAME

ROOT = Path("/")


@dataclass(frozen=True)
class Target:
    """One place where a browser looks."""

    browser: str
    title: str
    family: Family
    path: Path
    """The manifest file."""
    is_present: bool
    """Whether the browser is on this computer, as far as can be seen."""
    key: str = ""
    """The registry key that names the manifest, on Windows."""
    is_system: bool = False
    """It serves every user of this computer."""
    shadowed_by: Path | None = None
    """The system-wide manifest this user's own one would hide."""
    sandboxes: tuple[str, ...] = ()
    """``Snap`` or ``Flatpak``, where the browser is (also) installed so."""
    is_verified: bool = True


def user_targets(browsers: Iterable[Browser], *, root: Path = ROOT) -> list[Target]:
    """Return where each browser looks for this user's hosts."""
    return [target for browser in browsers if (target := _user_target(browser, root))]


def system_targets(browsers: Iterable[Browser], *, root: Path = ROOT) -> list[Target]:
    """Return where browsers look for everybody's hosts below ``root``, each place once."""
    if sys.platform == "win32":
        return [target for browser in browsers if (target := _system_entry(browser))]
    found: dict[Path, Target] = {}
    for browser in browsers:
        path = _system_path(browser, root)
        if path is not None:
            found.setdefault(path, _target(browser, path, is_system=True))
    return list(found.values())


def profile_targets(profiles: Sequence[Path]) -> list[Target]:
    """Return where Chromium looks in each of these user data folders."""
    return [
        Target(
            "profile",
            str(profile),
            Family.CHROMIUM,
            profile.absolute() / CHROMIUM_FOLDER / FILE_NAME,
            is_present=True,
        )
        for profile in profiles
    ]


def _user_target(browser: Browser, root: Path) -> Target | None:
    place = browser.place
    if place is None:
        return None
    if sys.platform == "win32":
        return _target(browser, _own_manifest(browser.family), key=place.key) if place.key else None
    folder = place.user_folder
    if folder is None:
        return None
    return _target(browser, folder / FILE_NAME, shadowed_by=_system_path(browser, root))


def _target(
    browser: Browser,
    path: Path,
    *,
    key: str = "",
    is_system: bool = False,
    shadowed_by: Path | None = None,
) -> Target:
    return Target(
        browser=browser.name,
        title=browser.title or browser.name,
        family=browser.family,
        path=path,
        is_present=registry.has_vendor(key) if key else browser.is_present,
        key=key,
        is_system=is_system,
        shadowed_by=shadowed_by,
        sandboxes=browser.sandboxes,
        is_verified=browser.is_verified,
    )


def _system_path(browser: Browser, root: Path) -> Path | None:
    place = browser.place
    if place is None or not place.system:
        return None
    return root / place.system.lstrip("/") / FILE_NAME


def _system_entry(browser: Browser) -> Target | None:
    """Return the entry for everybody, which names a manifest of the installation."""
    path = installed_manifest(browser.family)
    if path is None or browser.place is None or not browser.place.key:
        return None
    return _target(browser, path, key=browser.place.key, is_system=True)


def installed_manifest(family: Family) -> Path | None:
    """Return the manifest that lies beside the host's own program on Windows; None where there is none."""
    program = host_program() if sys.platform == "win32" else None
    return None if program is None else program.with_name(f"{family.value}.json")


def _own_manifest(family: Family) -> Path:
    """Return the manifest of a family that this user's registry names."""
    installed = None if home_override() else installed_manifest(family)
    return installed or launcher_folder() / f"{family.value}.json"
