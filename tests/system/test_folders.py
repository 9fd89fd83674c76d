"""What a command takes for the settings' files is what the agent takes for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.system.folders import config_file, policy_file
from agent.system.paths import find_paths

VARIABLES = ("ODC_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"ODC_HOME": "/x"},
        {"ODC_HOME": "relative"},
        {"XDG_CONFIG_HOME": "/somewhere", "XDG_CONFIG_DIRS": "/one:/two"},
        {"XDG_CONFIG_HOME": "relative", "XDG_CONFIG_DIRS": "relative:/two"},
        {"XDG_CONFIG_HOME": "", "XDG_CONFIG_DIRS": ""},
    ],
)
def test_settings_are_looked_for_where_they_are(monkeypatch, tmp_path, variables):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    paths = find_paths()
    assert (Path(config_file()), Path(policy_file())) == (paths.config_file, paths.policy_file)
