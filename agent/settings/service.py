"""The settings in force, and changing them while the agent runs."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from agent.ground.bus import Event, EventBus
from agent.ground.errors import reason_of
from agent.ground.reports import ErrorReport
from agent.settings.config import Config
from agent.settings.errors import (
    SettingInvalidError,
    SettingLockedError,
    SettingNotWrittenError,
    UnknownSettingError,
)
from agent.settings.keys import DEFAULTS, LIVE, POLICY_ONLY, plain, value_in, why_wrong
from agent.settings.reading import Loaded, Source, load
from agent.settings.writing import write_key
from agent.system.autostart import is_declined, this_systems_autostart
from agent.system.files import saved_stamp
from agent.system.paths import Paths
from agent.system.saved_files import SavedFiles

log = logging.getLogger(__name__)

AUTOSTART = "autostart"
MODULES = "module"
"""The key that is told where a table in ``modules.d`` has changed."""


class SettingsChanged(Event, frozen=True, kw_only=True, tag="settings_changed"):
    """Settings have other values than before."""

    keys: tuple[str, ...]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One key, as it holds."""

    key: str
    value: object
    """As JSON has it."""
    default: object
    source: Source
    needs_restart: bool
    """It has another value than when the agent started, and takes effect when it starts again."""

    @property
    def is_locked(self) -> bool:
        """Whether the administrator has decided it."""
        return self.source is Source.POLICY


class Settings:
    """Reads the files when it is made, and again where they have changed since.

    While it is watched it hears of that; else it looks whenever something is asked for.
    """

    def __init__(self, paths: Paths, bus: EventBus | None = None) -> None:
        """Read the files; ``bus`` hears of changes."""
        self._paths = paths
        self._bus = bus
        self._read: tuple[object, ...] = ()
        self._loaded = self._load()
        self._at_start = self._loaded.config
        self._thread = threading.get_ident()
        self._saved = SavedFiles(
            (paths.config_file, paths.policy_file), paths.module_tables, ".toml", self.refresh
        )

    @property
    def config(self) -> Config:
        """What holds now."""
        self._look()
        return self._loaded.config

    @property
    def problems(self) -> tuple[ErrorReport, ...]:
        """What of the files could not be used."""
        self._look()
        return self._loaded.problems

    @property
    def file(self) -> Path:
        """The user's file."""
        return self._paths.config_file

    @property
    def policy(self) -> Path:
        """The administrator's file, whether it is there or not."""
        return self._paths.policy_file

    def tell(self, bus: EventBus) -> None:
        """Tell ``bus`` of changes from now on."""
        self._bus = bus

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Hear of changes of the files while the block runs, where the system tells of them."""
        self._saved.start()
        try:
            yield
        finally:
            self._saved.close()

    def all(self) -> list[Setting]:
        """Return every setting, as the files have it now."""
        self.refresh()
        return [self._setting(key) for key in DEFAULTS]

    def set(self, key: str, value: object) -> Setting:
        """Set ``key`` to a plain ``value``; None takes the user's value away.

        Raises:
            UnknownSettingError, SettingLockedError, SettingInvalidError, SettingNotWrittenError
        """
        self.refresh()
        if key not in DEFAULTS:
            raise UnknownSettingError(key=key[:60])
        if self._loaded.sources[key] is Source.POLICY or (key in POLICY_ONLY and value is not None):
            raise SettingLockedError(key=key)
        file = self._paths.config_file
        if value is not None and (reason := why_wrong(file, key, value)) is not None:
            raise SettingInvalidError(key=key, reason=reason)
        if not self._loaded.is_user_file_good:
            raise SettingNotWrittenError(
                file=str(file), reason=str(self.problems[0].details["reason"])
            )
        try:
            if key == AUTOSTART:
                _switch_autostart(wanted=bool(value))
            if key != AUTOSTART or self._loaded.sources[key] is Source.USER:
                write_key(file, key, value)
        except (OSError, ValueError) as error:
            raise SettingNotWrittenError(file=str(file), reason=reason_of(error)) from error
        log.info("setting changed key=%s", key)
        self.refresh()
        return self._setting(key)

    def refresh(self) -> None:
        """Read the files anew where they have changed, and tell which keys that changed.

        One that is being written is left until it is whole.
        """
        if self._saved.is_being_written() or self._stamps() == self._read:
            return
        before, tables = self._loaded, self._tables
        self._loaded = self._load()
        now, then = self._loaded.config, before.config
        changed = {key for key in DEFAULTS if value_in(now, key) != value_in(then, key)}
        if tables != self._tables:
            changed.add(MODULES)
        if changed:
            log.info("settings changed keys=%s", ",".join(sorted(changed)))
        if self._bus is not None and (changed or before.problems != self._loaded.problems):
            keys = tuple(key for key in DEFAULTS if key in changed)
            self._bus.publish(SettingsChanged(keys=keys))

    def _look(self) -> None:
        # Not in another thread: who hears of changes lives in this one.
        if not self._saved.is_live and threading.get_ident() == self._thread:
            self.refresh()

    def see_to_autostart(self) -> None:
        """Switch the start at login as the files say, where they do; what fails is logged.

        What the user has switched off in the system's own list since then only a policy switches on.
        """
        wanted = self._loaded.config.autostart
        if wanted is None or wanted == is_started_at_login():
            return
        if wanted and self._loaded.sources[AUTOSTART] is not Source.POLICY and is_declined():
            return
        try:
            _switch_autostart(wanted=wanted)
        except OSError as error:
            log.warning("start at login not switched: %s", error)

    def _load(self) -> Loaded:
        self._read = self._stamps()
        loaded = load(self._paths)
        for problem in loaded.problems:
            log.warning("configuration: %s", problem.message)
        return loaded

    def _stamps(self) -> tuple[object, ...]:
        files = map(saved_stamp, (self._paths.config_file, self._paths.policy_file))
        return (*files, tuple(map(_table_stamps, self._paths.module_tables)))

    @property
    def _tables(self) -> object:
        """What was read of the folders ``modules.d``: whoever looks for modules reads them."""
        return self._read[-1]

    def _setting(self, key: str) -> Setting:
        value: Any = value_in(self.config, key)
        if key == AUTOSTART:
            value = is_started_at_login()
        return Setting(
            key=key,
            value=plain(value),
            default=plain(DEFAULTS[key]),
            source=self._loaded.sources[key],
            needs_restart=self._needs_restart(key),
        )

    def _needs_restart(self, key: str) -> bool:
        return key not in LIVE and value_in(self.config, key) != value_in(self._at_start, key)


def is_started_at_login() -> bool:
    """Return whether something starts the agent at login."""
    return bool(this_systems_autostart().ways())


def _switch_autostart(*, wanted: bool) -> None:
    autostart = this_systems_autostart()
    if wanted:
        autostart.switch_on()
    else:
        autostart.switch_off()


def _table_stamps(folder: Path) -> dict[str, object]:
    try:
        return {file.name: saved_stamp(file) for file in folder.iterdir() if file.suffix == ".toml"}
    except OSError:
        return {}
