"""Every command explains itself; none takes a secret or a person's data as an argument."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from agent.cli.commands import command_parser
from agent.cli.ground.outcome import EXIT_CODES, Exit

STANDS = {"renew", *(f"renewal {name}" for name in ("show", "amend", "sms", "install", "cancel"))}
"""Commands that end with the code for where a renewal stands."""
TELLING = re.compile(r"pin|password|code|secret|name|phone|mail|address|id.?number|id.?card")
HARMLESS = {
    "name",  # of a window
    "names",  # of checks
    "--organisation",  # not a person
    "--code-stdin",
    "--pin-stdin",
}


def commands(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield all commands, groups too, by what is typed."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield " ".join((*path, name)), command
                yield from commands(command, (*path, name))


COMMANDS = dict(commands(command_parser()))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command):
    said = COMMANDS[command].format_help()
    examples = said.partition("\nexamples:\n")[2]
    assert re.search(rf"^  (.*\| )?odc-agent {command}\b", examples, re.MULTILINE), said
    assert COMMANDS[command].description


@pytest.mark.parametrize("command", sorted(STANDS))
def test_the_exit_codes_are_told_where_they_tell_what_is_waited_for(command):
    assert EXIT_CODES in COMMANDS[command].format_help()


def test_every_exit_code_is_told():
    said = set(map(int, re.findall(r"(?:^ *|  )(\d+) ", EXIT_CODES, re.MULTILINE)))
    assert said == set(Exit) - {Exit.INTERRUPTED, Exit.ALREADY_RUNS}
    assert (
        f"{Exit.ALREADY_RUNS:d} (run) another agent runs already" in command_parser().format_help()
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_secrets_and_a_persons_data_are_never_arguments(command):
    for action in COMMANDS[command]._actions:
        takes_value = action.nargs != 0 and not isinstance(action, argparse._SubParsersAction)
        for name in action.option_strings or [action.dest]:
            is_harmless = name in HARMLESS or not takes_value
            assert is_harmless or not TELLING.search(name.lower()), (command, name)
