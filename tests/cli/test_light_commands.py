"""A command that asks and prints is over in a blink: it loads nothing that only others need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from agent.cli import command_parser, commands

HEAVY = frozenset({
    "agent.ground.reports", "agent.settings.config", "agent.system.lock", "agent.tokens",
    "asyncio", "cryptography", "dataclasses", "hmac", "inspect", "logging", "msgspec", "platformdirs",
    "stdnum", "subprocess", "tomllib", "uuid",
})  # fmt: skip
LOADED = """
import sys
from agent.cli import command_parser, configured_language, find_paths
configured_language(find_paths())
command_parser("status").parse_args(["status"])
from agent.cli.running import listing
print(*sys.modules)
"""


@pytest.mark.parametrize("configuration", [None, "poll_seconds = 2\n"])
def test_asking_the_agent_loads_nothing_heavy(tmp_path, configuration):
    if configuration is not None:
        (tmp_path / "config.toml").write_text(configuration)
    done = subprocess.run(
        [sys.executable, "-S", "-c", LOADED],  # what a site loads is its own affair
        env={**os.environ, "ODC_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(done.stdout.split())


def choices(parser):
    (subparsers,) = (a for a in parser._actions if isinstance(a.choices, dict))
    return list(subparsers.choices)


def test_a_command_can_be_parsed_without_the_others():
    everything = choices(command_parser())
    assert everything == list(commands._COMMANDS)
    for command in everything:
        assert choices(command_parser(command)) == [command]


@pytest.mark.parametrize("first", ["", "--help", "statu"])
def test_whoever_names_none_is_shown_all(first):
    assert choices(command_parser(first)) == list(commands._COMMANDS)
