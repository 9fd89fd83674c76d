"""Where the settings' files are, as text: a command is over before pathlib and platformdirs are loaded.

The same as :func:`agent.system.paths.find_paths` has; a test holds them equal.
"""

from __future__ import annotations

import os
import sys

from agent.system.runtime import data_path, home_path

_NAME = "odc-agent"


def config_file() -> str:
    """Return the user's configuration (TOML)."""
    return os.path.join(home_path() or _config_folder(), "config.toml")


def policy_file() -> str:
    """Return the administrator's policy (TOML)."""
    return os.path.join(home_path() or _policy_folder(), "policy.toml")


def _config_folder() -> str:
    if sys.platform in ("win32", "darwin"):
        return data_path()
    given = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative one is passed over (XDG Base Directory Specification).
    return os.path.join(given if os.path.isabs(given) else os.path.expanduser("~/.config"), _NAME)


def _policy_folder() -> str:
    if sys.platform in ("win32", "darwin"):
        from agent.system.paths import everybodys_policy  # noqa: PLC0415 - asks the system

        return os.fspath(everybodys_policy())
    given = os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)
    return os.path.join(next(filter(os.path.isabs, given), "/etc/xdg"), _NAME)
