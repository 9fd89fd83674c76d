"""The documentation names commands, options and configuration keys that exist, and all the keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_tree import command_tree

from agent.cli.commands import command_parser as agent_parser
from agent.settings.keys import DEFAULTS
from native_host.commands import command_parser as host_parser
from sandbox.cli import command_parser as sandbox_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])
COMMANDS = {
    command.words: command
    for parser in (agent_parser, host_parser, sandbox_parser)
    for command in command_tree(parser()).walk()
}
INLINE = re.compile(r"`((?:odc-agent|odc-native-host|odc-sandbox) [^`]+)`")
BLOCK = re.compile(r"^```\w*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"(?:odc-agent|odc-native-host|odc-sandbox) .*")
TABLE_ROW = re.compile(r"^\| `([^`|]+)` \|", flags=re.MULTILINE)
TABLE_KEY = re.compile(r"(\[\[?)(\w+)\]\]? (.+)")


def named_commands(text):
    """What a page tells somebody to type, comments and what follows cut off."""
    yield from (typed.partition("…")[0] for typed in INLINE.findall(text))
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(("odc-", "echo ")) and (command := SHELL.search(line)):
                yield re.split(r"\s#|…|\s\|\s", command[0])[0]


def what_is_unknown(typed):
    """The first word of a command line that its program does not take, or None."""
    words = typed.split()
    here = COMMANDS[(words[0],)]
    is_value = False  # of the option before it
    for word in words[1:]:
        flag = word.partition("=")[0]
        if (*here.words, word) in COMMANDS:
            here = COMMANDS[(*here.words, word)]
        elif word.startswith("--"):
            if flag not in (*here.flags, "--help"):
                return word
        elif here.commands and not is_value:
            return word
        is_value = word.startswith("--")
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_commands_and_options_that_exist(page):
    typed = list(named_commands(page.read_text("utf-8")))
    assert [line for line in typed if what_is_unknown(line)] == []


def documented_keys():
    rows = (
        (ROOT / "docs" / "administrators.md").read_text("utf-8").partition("| key | meaning |")[2]
    )
    for row in TABLE_ROW.findall(rows.partition("\n\n")[0]):
        in_table = TABLE_KEY.fullmatch(row)
        if in_table is None:
            yield from row.split(", ")
        elif in_table[1] == "[[":  # one key, a list of tables
            yield in_table[2]
        else:
            yield from (f"{in_table[2]}.{name}" for name in in_table[3].split(", "))


def test_administrators_are_told_of_every_key_and_of_no_other():
    assert set(documented_keys()) == set(DEFAULTS)


def test_both_languages_name_users_the_same_commands():
    pages = [(ROOT / "docs" / name).read_text("utf-8") for name in ("users.md", "users.zh-CN.md")]
    english, chinese = ([line.strip() for line in named_commands(page)] for page in pages)
    assert english == chinese
