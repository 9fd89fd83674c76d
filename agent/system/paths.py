"""Where files live: the platform's folders, or one folder for everything with ``ODC_HOME``."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

from agent.system.runtime import home_override

_NAME = "odc-agent"


class Paths(NamedTuple):
    """The agent's folders; none of them need exist.

    A tuple, since every command begins here: what dataclasses import takes as long as the rest of it.
    """

    config: Path
    data: Path
    logs: Path
    policy: Path
    """The administrator's folder, above the user's configuration."""

    @property
    def config_file(self) -> Path:
        """The user's configuration (TOML)."""
        return self.config / "config.toml"

    @property
    def policy_file(self) -> Path:
        """The administrator's policy (TOML)."""
        return self.policy / "policy.toml"

    @property
    def module_tables(self) -> tuple[Path, ...]:
        """Folders of tables of PKCS#11 modules: the user's, and above it the administrator's."""
        return tuple(dict.fromkeys(folder / "modules.d" for folder in (self.config, self.policy)))

    @property
    def browser_tables(self) -> Path:
        """The administrator's folder of tables of browsers."""
        return self.policy / "browsers.d"

    @property
    def journal(self) -> Path:
        """The renewals' database."""
        return self.data / "renewals.sqlite"

    @property
    def vault_key(self) -> Path:
        """The vault's key, 0600."""
        return self.data / "vault.key"

    @property
    def reminders(self) -> Path:
        """What has been reminded of."""
        return self.data / "reminders.json"

    @property
    def remembered_tokens(self) -> Path:
        """What tokens that were seen held; no keys, no PINs."""
        return self.data / "tokens.json"

    @property
    def pin_states(self) -> Path:
        """What is known of the tries of tokens' PINs; no PIN."""
        return self.data / "pins.json"

    @property
    def sites(self) -> Path:
        """What the user decided on web sites."""
        return self.data / "sites.json"

    @property
    def dossiers(self) -> Path:
        """Encrypted scans of renewals under way."""
        return self.data / "dossiers"

    @property
    def applicant_profile(self) -> Path:
        """The applicant's data, encrypted, where it was chosen to keep it."""
        return self.data / "applicant.sealed"

    @property
    def licences(self) -> Path:
        """Encrypted business licences."""
        return self.data / "licences"

    @property
    def browser_seen(self) -> Path:
        """When a browser last reached the agent."""
        return self.data / "browser-seen.json"

    @property
    def no_tray_told(self) -> Path:
        """There once it was said that this desktop shows no tray icon."""
        return self.data / "no-tray-told"

    @property
    def last_good_config(self) -> Path:
        """The user's configuration as it was when it was last valid."""
        return self.data / "config.last-good.toml"

    @property
    def last_good_policy(self) -> Path:
        """The administrator's policy as it was when it was last valid TOML."""
        return self.data / "policy.last-good.toml"

    @property
    def updates(self) -> Path:
        """What is known of updates, and their packages."""
        return self.data / "updates"

    @property
    def lock(self) -> Path:
        """Held by the running agent; names its process."""
        return self.data / "agent.lock"


def find_paths() -> Paths:
    """Return this user's folders."""
    home = home_override()
    if home is not None:
        return Paths(config=home, data=home / "data", logs=home / "logs", policy=home)
    import platformdirs  # noqa: PLC0415 - not needed where one folder has everything

    return Paths(
        config=platformdirs.user_config_path(_NAME, appauthor=False),
        data=platformdirs.user_data_path(_NAME, appauthor=False),
        logs=platformdirs.user_log_path(_NAME, appauthor=False),
        policy=everybodys_policy(),
    )


def everybodys_policy() -> Path:
    """Return the administrator's folder of this computer, whatever home a user has."""
    import platformdirs  # noqa: PLC0415 - as above

    return platformdirs.site_config_path(_NAME, appauthor=False)


def make_private(folder: Path) -> Path:
    """Make ``folder`` for this user alone, or take it from others, and return it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32":  # the user's profile has its own access list
        status = folder.stat()
        if status.st_uid == os.getuid() and status.st_mode & 0o077:
            with contextlib.suppress(OSError):  # a file system that keeps no modes
                folder.chmod(0o700)
    return folder
