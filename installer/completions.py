"""Completions for bash, zsh and fish from the tree of a command line.

Each shell is told, for every command, the words that may follow: commands, options, choices of a
positional argument; file names otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from command_tree import Command


def bash(tree: Command) -> str:
    """Return the script for bash-completion."""
    name = tree.words[0]
    function = f"_{name.replace('-', '_')}"
    return "\n".join(
        (
            f"# bash completion for {name}",
            f"{function}() {{",
            '    local word path="" current="${COMP_WORDS[COMP_CWORD]}"',
            '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
            '        case "$path $word" in',
            f'            {_paths(tree)}) path="$path $word" ;;',
            "        esac",
            "    done",
            '    case "$path" in',
            *(f'        "{_path(c)}") set -- {" ".join(_words(c))} ;;' for c in tree.walk()),
            "    esac",
            '    mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")',
            "}",
            f"complete -o bashdefault -o default -F {function} {name}",
            "",
        )
    )


def zsh(tree: Command) -> str:
    """Return the script for zsh."""
    name = tree.words[0]
    lines = [f"#compdef {name}", 'local word above=""', "local -a found"]
    lines += ["for word in ${words[2,CURRENT-1]}; do", '    case "$above $word" in']
    lines += [
        f'        {_paths(tree)}) above="$above $word" ;;',
        "    esac",
        "done",
        'case "$above" in',
    ]
    for command in tree.walk():
        found = " ".join(_quoted(f"{_colon(word)}:{text}") for word, text in _described(command))
        lines.append(f'    "{_path(command)}") found=({found}) ;;')
    return "\n".join([*lines, "esac", "_describe command found || _files", ""])


def fish(tree: Command) -> str:
    """Return the script for fish."""
    name = tree.words[0]
    lines = [f"# fish completion for {name}"]
    for command in tree.walk():
        condition = _fish_condition(command)
        for word, text in _described(command):
            lines.append(
                f"complete -c {name} -n {_quoted(condition)} {_fish_word(word)} -d {_quoted(text)}"
            )
    return "\n".join([*lines, ""])


def _paths(tree: Command) -> str:
    return "|".join(f'"{_path(command)}"' for command in tree.walk() if command is not tree)


def _path(command: Command) -> str:
    return "".join(f" {word}" for word in command.words[1:])


def _words(command: Command) -> Iterator[str]:
    return (word for word, _text in _described(command))


def _described(command: Command) -> Iterator[tuple[str, str]]:
    """Yield what may follow a command, each with what it means."""
    for below in command.commands:
        yield below.words[-1], below.summary
    for argument in command.arguments:
        text = " ".join(argument.help.split()).replace("%%", "%")
        for word in argument.flags or argument.choices:
            yield word, text


def _fish_condition(command: Command) -> str:
    words = command.words[1:]
    seen = [f"__fish_seen_subcommand_from {word}" for word in words]
    below = " ".join(c.words[-1] for c in command.commands)
    if below:
        seen.append(f"not __fish_seen_subcommand_from {below}")
    return "; and ".join(seen) or "true"


def _fish_word(word: str) -> str:
    if word.startswith("--"):
        return f"-l {word[2:]}"
    return f"-s {word[1:]}" if word.startswith("-") else f"-f -a {word}"


def _colon(word: str) -> str:
    return word.replace(":", "\\:")


def _quoted(text: str) -> str:
    """Return text in single quotes, as all three shells read it."""
    return "'" + text.replace("'", "'\\''") + "'"
