"""A command line as a tree of plain facts, read from its argparse parser.

Man pages and completions are made from this, so that they say what the program takes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Argument:
    """One option or positional argument."""

    flags: tuple[str, ...]
    """Empty for a positional argument."""
    value: str
    """What stands for its value; empty for a switch."""
    help: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or one of its subcommands."""

    words: tuple[str, ...]
    """As typed, the program's name first."""
    summary: str
    description: str
    epilog: str
    arguments: tuple[Argument, ...]
    commands: tuple[Command, ...]

    def walk(self) -> Iterator[Command]:
        """Yield the command and all below it."""
        yield self
        for command in self.commands:
            yield from command.walk()

    @property
    def flags(self) -> tuple[str, ...]:
        """All its options."""
        return tuple(flag for argument in self.arguments for flag in argument.flags)


def command_tree(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = (), summary: str = ""
) -> Command:
    """Return the tree of ``parser``."""
    words = words or (parser.prog,)
    return Command(
        words=words,
        summary=summary or parser.description or "",
        description=parser.description or "",
        epilog=parser.epilog or "",
        arguments=tuple(_arguments(parser)),
        commands=tuple(_commands(parser, words)),
    )


def _arguments(parser: argparse.ArgumentParser) -> Iterator[Argument]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:  # noqa: SLF001
            continue
        choices = tuple(map(str, action.choices or ()))
        yield Argument(
            tuple(action.option_strings), _value(action, choices), action.help or "", choices
        )


def _value(action: argparse.Action, choices: tuple[str, ...]) -> str:
    if action.option_strings and action.nargs == 0:
        return ""
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    return action.metavar or ("|".join(choices) if choices else action.dest.upper())


def _commands(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[Command]:
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001
            for name, below in action.choices.items():
                yield command_tree(below, (*words, name), helps.get(name, ""))
