"""Man pages (man(7)) from the tree of a command line."""

from __future__ import annotations

from collections.abc import Iterator

from command_tree import Argument, Command

FILES = {
    "/etc/xdg/odc-agent/policy.toml": "the administrator's policy, above the user's configuration",
    "~/.config/odc-agent/config.toml": "the user's configuration",
    "~/.local/share/odc-agent": "renewals, consents and what was reminded of",
    "~/.local/state/odc-agent/log": "the log",
}


def manual(tree: Command, version: str, also: tuple[str, ...]) -> str:
    """Return the page of a program, all its commands in it."""
    name = tree.words[0]
    lines = [f'.TH {name.upper()} 1 "" "{name} {version}" "User Commands"', ".SH NAME"]
    first = _roff(tree.description.strip().splitlines()[0].rstrip("."))
    lines += [
        f"{_roff(name)} \\- {first[0].lower()}{first[1:]}",
        ".SH SYNOPSIS",
        f".B {_roff(name)}",
    ]
    lines += [
        '.RI [ options ] " COMMAND " [ arguments ]',
        ".SH DESCRIPTION",
        *_text(tree.description),
    ]
    lines += [".SH OPTIONS", *_arguments(tree.arguments), ".SH COMMANDS"]
    for command in tree.walk():
        if command is not tree:
            lines += _command(command)
    if tree.epilog:
        lines += [".SH EXAMPLES AND EXIT CODES", *_verbatim(tree.epilog)]
    lines.append(".SH FILES")
    for file, meaning in FILES.items():
        lines += [".TP", f".I {_roff(file)}", _roff(meaning)]
    lines += [".SH SEE ALSO", ", ".join(f".BR {other} (1)" for other in also)]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_roff(' '.join(command.words[1:]))}"
    yield from _text(command.description or command.summary)
    yield from _arguments(command.arguments)
    if command.epilog:
        yield from _verbatim(command.epilog)


def _arguments(arguments: tuple[Argument, ...]) -> Iterator[str]:
    for argument in arguments:
        flags = ", ".join(f"\\fB{_roff(flag)}\\fR" for flag in argument.flags)
        value = f"\\fI{_roff(argument.value)}\\fR" if argument.value else ""
        yield ".TP"
        yield " ".join(filter(None, (flags, value)))
        yield _roff(" ".join(argument.help.replace("%(prog)s", "this program").split())) or "\\&"


def _text(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield ".PP"
        yield _roff(" ".join(paragraph.split()))


def _verbatim(text: str) -> Iterator[str]:
    yield ".PP"
    yield ".nf"
    yield from (_roff(line) or "\\&" for line in text.strip("\n").splitlines())
    yield ".fi"


def _roff(text: str) -> str:
    r"""Return text with what roff reads as its own escaped: ``\``, ``-``, leading ``.`` and ``'``."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
