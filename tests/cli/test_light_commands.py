"""A command that asks and prints is over in a blink: it loads nothing that only others need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from agent.cli.commands import ROOMS, command_parser
from agent.cli.quick import quick
from agent.cli.running import listing

HEAVY = frozenset({
    "agent.ground.reports", "agent.settings.config", "agent.system.lock", "agent.tokens", "argparse",
    "asyncio", "cryptography", "dataclasses", "hmac", "inspect", "json", "logging", "msgspec", "pathlib",
    "platformdirs", "re", "shutil", "socket", "stdnum", "subprocess", "threading", "tomllib", "typing",
    "uuid",
})  # fmt: skip
LOADED = """
import sys
from agent.cli import configured_language, quick
configured_language()
assert quick(["certs", "--json"])
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


@pytest.mark.parametrize("line", ["status", "status --json", "certs", "certs --json"])
def test_what_takes_no_parser_is_what_the_parser_makes_of_it(monkeypatch, line):
    done = []
    for name in ("status", "certs"):
        monkeypatch.setattr(listing, name, lambda _name=name, **given: done.append((_name, given)))
    at_once = quick(line.split())
    assert at_once is not None
    at_once()
    options = command_parser(line.split()[0]).parse_args(line.split())
    options.run(options)
    first, second = done
    assert first == second


@pytest.mark.parametrize(
    "line",
    ["", "stat", "status -h", "status --js", "certs --all", "certs --json --json", "renewals"],
)
def test_all_other_lines_are_the_parsers(line):
    assert quick(line.split()) is None


def choices(parser):
    (subparsers,) = (a for a in parser._actions if isinstance(a.choices, dict))
    return list(subparsers.choices)


def test_a_command_can_be_parsed_without_the_others():
    everything = choices(command_parser())
    assert everything == list(ROOMS)
    for command in everything:
        assert choices(command_parser(command)) == [command]


@pytest.mark.parametrize("first", ["", "--help", "statu"])
def test_whoever_names_none_is_shown_all(first):
    assert choices(command_parser(first)) == list(ROOMS)
