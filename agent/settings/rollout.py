"""``python -m agent.settings.rollout``: the policy an installer for a whole company brings along.

``write POLICY AUTHORITY`` takes a policy file, a file of ``[[authority]]`` entries as an authority hands it
out, or both, looks them over as the agent would, and puts them where it reads its policy, with the
certificates they name. Nothing is written where anything is wrong. ``remove`` takes back what ``write``
wrote, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agent.ground import held_files
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import user_language
from agent.ground.streams import replace_what_cannot_be_said
from agent.ground.text_files import TextEncodingError, read_text_file
from agent.settings.config import ConfigError, checked
from agent.system.paths import everybodys_policy

if sys.platform == "win32":
    from agent.system.owners import close_to_users, is_strangers

MARK = "# Brought by the installer, which replaces and removes it."
LAID_ASIDE = ".not-ours"
LOG = "odc-agent-setup.log"
"""In the folder for temporary files: an installer's own log has nothing of what a program of it says."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or remove; return 1, and say why, where that cannot be."""
    replace_what_cannot_be_said()
    command, *files = sys.argv[1:] if arguments is None else arguments
    target = everybodys_policy() / "policy.toml"
    try:
        if command == "remove":
            remove(target)
        else:
            write(target, [Path(file) for file in files if file])
    except OdcError as error:
        _tell(f"{error.text(user_language())} {error.advice_text(user_language())}")
        return 1
    except OSError as error:
        _tell(f"{target}: {reason_of(error)}")
        return 1
    return 0


def write(target: Path, sources: Sequence[Path]) -> None:
    """Put the content of ``sources`` together as the policy ``target``, and copy what they name.

    Raises:
        ConfigError: one is no configuration, or names a file that is not beside it.
        OSError: it cannot be written.
    """
    text = "\n".join([MARK, *map(_checked_text, sources)])
    _check(target, text)
    named = {file: source.parent / file for source in sources for file in _named(_values(source))}
    for file, found in named.items():
        if not (_is_below(target.parent, file) and found.exists()):
            raise ConfigError(file=str(found), reason="not found beside the file that names it")
    _take_folder(target.parent)
    if sys.platform == "win32":
        close_to_users(target.parent)
    for file, found in named.items():
        _copy(found, target.parent / file)
    _replace(target, text.encode())  # everybody reads it: no private file


def _take_folder(folder: Path) -> None:
    """Make a folder. One that any user may have made before is laid aside: he does in it as he likes."""
    if _is_strangers(folder):
        held_files.rename(folder, folder.with_name(f"{folder.name}.{time.time_ns()}{LAID_ASIDE}"))
    folder.mkdir(parents=True, exist_ok=True)


def _is_strangers(path: Path) -> bool:
    """Return whether something is a user's on Windows, or leads elsewhere, as users' links may."""
    if sys.platform == "win32" and os.path.lexists(path):
        return bool(path.lstat().st_reparse_tag) or is_strangers(path)
    return False


def _is_below(folder: Path, file: str) -> bool:
    """Return whether a name stays in the folder it is of."""
    return Path(os.path.normpath(folder / file)).is_relative_to(folder)


def _copy(found: Path, place: Path) -> None:
    """Put a copy of a file or folder in the place of what there is: whose that was, the copy is ours."""
    _take_folder(place.parent)
    new = _beside(place)
    (shutil.copytree if found.is_dir() else shutil.copyfile)(found, new)
    _remove(place)
    held_files.rename(new, place)


def _replace(target: Path, content: bytes) -> None:
    new = _beside(target)
    new.write_bytes(content)
    held_files.replace(new, target)


def _beside(place: Path) -> Path:
    """Return a name at which nothing is any more, and what is to come to ``place`` can be made."""
    new = place.with_name(f".{place.name}.new")
    _remove(new)
    return new


def remove(target: Path) -> None:
    """Remove a policy that :func:`write` wrote, with the files it names and the folder if that is empty.

    One that a user put there is left alone: what it names would be removed with the installer's rights.
    """
    try:
        if any(map(_is_strangers, (target.parent, target))):
            return
        if not read_text_file(target).startswith(MARK):
            return
        named = [file for file in _named(_values(target)) if _is_below(target.parent, file)]
    except (OSError, TextEncodingError, ConfigError):
        return  # none, or somebody's own
    for file in named:
        with contextlib.suppress(OSError):
            _remove(target.parent / file)
    held_files.remove(target)
    with contextlib.suppress(OSError):  # something else is in it
        target.parent.rmdir()


def _remove(copied: Path) -> None:
    (held_files.remove_tree if copied.is_dir() else held_files.remove)(copied)


def _checked_text(source: Path) -> str:
    checked(source, _values(source))
    return read_text_file(source)


def _check(target: Path, text: str) -> None:
    """Raise ConfigError where files that are right by themselves make no policy together."""
    try:
        checked(target, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:  # both name the same table
        raise ConfigError(file=str(target), reason=str(error)) from error


def _values(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text_file(source))
    except (OSError, TextEncodingError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(file=str(source), reason=reason_of(error)) from error


def _named(values: dict[str, Any]) -> Iterator[str]:
    """Yield the files that a configuration names beside itself."""
    tables = [
        *values.get("authority", ()),
        values.get("updates", {}),
        values.get("network", {}),
        values,
    ]
    for table in tables:
        for key in ("trust_anchor", "root", "ca", "trust_store"):
            name = table.get(key)
            if isinstance(name, str) and name and not Path(name).is_absolute():
                yield name


def _tell(sentence: str) -> None:
    """Say why nothing was written, where somebody may look for it."""
    if sys.stderr is not None:
        sys.stderr.write(f"{sentence}\n")
    log = Path(tempfile.gettempdir(), LOG)
    with contextlib.suppress(OSError):
        held_files.remove(log)  # any user may have made a second name there of another's file
        with log.open("x", encoding="utf-8-sig") as file:
            file.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
