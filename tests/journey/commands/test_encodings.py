"""Every command in encodings that lack what there is to say: none fails of it, and JSON stays whole.

The encoding comes by PYTHONIOENCODING, as a GBK locale and a Chinese Windows' redirected output give it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from agent.cli import command_parser
from installer.command_tree import command_tree
from native_host.commands import command_parser as host_parser
from sandbox.cli import command_parser as sandbox_parser

ENCODINGS = ("gbk", "latin-1", "ascii")
PROGRAMS = {"agent.cli": command_parser, "native_host": host_parser, "sandbox": sandbox_parser}
NAME = "𠮷野✓喆样例有限公司"

_WALKER = """
import contextlib, importlib, io, json, sys
module, prefix, encoding = sys.argv[1:]
main = importlib.import_module(module).main
for words in json.load(sys.stdin):
    for name in ("stdout", "stderr"):
        setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict"))
    try:
        code = main([*words, "--help"])
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    assert (code or 0) == 0 and sys.stdout.buffer.getvalue(), words
"""
MAINS = {"agent.cli": "agent.cli", "native_host": "native_host.cli", "sandbox": "sandbox.cli"}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_help_of_every_command_can_be_said(program, encoding, language, own_environment):
    commands = [command.words[1:] for command in command_tree(PROGRAMS[program]()).walk()]
    assert () in commands
    done = subprocess.run(
        [sys.executable, "-c", _WALKER, MAINS[program], "", encoding],
        input=json.dumps(commands), capture_output=True, text=True, check=False,
        env={**own_environment, "ODC_LANGUAGE": language},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture
def own_environment(short_folder, environment):
    return {**os.environ, **environment, "ODC_HOME": str(short_folder / "odc")}


@pytest.fixture
def listed(desk):
    """An agent that lists a name hardly any encoding has."""
    desk.run(
        "sandbox", "issue-token", "--token-folder", str(desk.folder / "other"), "--organisation", NAME,
        "--uscc", "91440300MA5DA0000F", "--valid-days", "9", "--pin-stdin", "--label", "✓KEY",
        stdin=b"135790\n",
    )  # fmt: skip
    configuration = desk.folder / "config.toml"
    first = str(desk.token_configuration)
    text = configuration.read_text("utf-8")
    assert first in text
    configuration.write_text(
        text.replace(first, str(desk.folder / "other" / "softhsm2.conf")), "utf-8"
    )
    desk.start_agent("--no-tray")
    return desk


COMMANDS = (
    ("agent.cli", "status"), ("agent.cli", "check"), ("agent.cli", "certs"),
    ("agent.cli", "certs", "--all"), ("agent.cli", "modules"), ("agent.cli", "pin", "status"),
    ("agent.cli", "config", "show"), ("agent.cli", "renewals"), ("agent.cli", "sites", "list"),
    ("agent.cli", "config", "set", "nothing", "✓𠮷"), ("agent.cli", "dossier", "check", "✓𠮷"),
    ("native_host", "list"), ("sandbox", "applications"), ("sandbox", "sms", "--last"),
)  # fmt: skip
JSON_COMMANDS = (
    ("agent.cli", "certs", "--json"), ("agent.cli", "status", "--json"),
    ("agent.cli", "config", "show", "--json"), ("native_host", "list", "--json"),
    ("sandbox", "applications", "--json"),
)  # fmt: skip


def run(desk, command, encoding, language="zh_CN"):
    module, *arguments = command
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True, check=False, timeout=60,
        env={**desk.environment, "PYTHONIOENCODING": encoding, "ODC_LANGUAGE": language},
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_commands_say_what_the_encoding_has(listed, encoding):
    for command in COMMANDS:
        done = run(listed, command, encoding)
        said = (done.stdout + done.stderr).decode(encoding)
        assert said.strip(), command
        assert "Traceback" not in said, (command, said)
    for command in JSON_COMMANDS:
        done = run(listed, command, encoding)
        assert done.returncode == 0, (command, done.stderr)
        json.loads(done.stdout.decode(encoding))
    certificates = json.loads(run(listed, JSON_COMMANDS[0], encoding).stdout.decode(encoding))
    names = {c["organisation"] for t in certificates["tokens"] for c in t["certificates"]}
    assert names == {NAME}
