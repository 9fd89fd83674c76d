"""Every command in encodings that lack what there is to say: none fails of it, and JSON stays whole.

Standard output and error have such an encoding, strict as Python opens them in a GBK locale and wherever
a Chinese Windows redirects them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from agent.cli.commands import command_parser
from installer.command_tree import command_tree
from native_host.commands import command_parser as host_parser
from sandbox.cli import command_parser as sandbox_parser

ENCODINGS = ("gbk", "latin-1", "ascii")
AGENT, HOST, SANDBOX = "agent.cli", "native_host.cli", "sandbox.cli"
PARSERS = {AGENT: command_parser, HOST: host_parser, SANDBOX: sandbox_parser}
NAME = "𠮷野✓喆样例有限公司"

_RUNNER = """
import importlib, io, json, sys
real, encoding, answers = (sys.stdout, sys.stderr), sys.argv[1], []
for module, *words in json.load(sys.stdin):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2)]
    sys.stdout, sys.stderr = streams
    try:
        code = importlib.import_module(module).main(words)
    except SystemExit as end:
        code = end.code
    except Exception:
        sys.stdout, sys.stderr = real
        raise
    for stream in streams:
        stream.flush()
    answers.append([code or 0, *(stream.buffer.getvalue().decode(encoding) for stream in streams)])
sys.stdout, sys.stderr = real
print(json.dumps(answers))
"""
"""Runs commands one after the other: a process for each would take minutes on a busy machine."""


@pytest.fixture
def desk(lonely_desk):
    """No authority is asked here."""
    return lonely_desk


def run(commands, encoding, environment):
    """Return exit code, standard output and standard error of each command; an exception fails."""
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER, encoding],
        input=json.dumps(commands), capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("program", PARSERS)
def test_the_help_of_every_command_can_be_said(
    program, encoding, language, environment, short_folder
):
    variables = {**os.environ, **environment, "ODC_HOME": str(short_folder / "odc")}
    words = [command.words[1:] for command in command_tree(PARSERS[program]()).walk()]
    answers = run(
        [[program, *each, "--help"] for each in words],
        encoding,
        {**variables, "ODC_LANGUAGE": language},
    )
    assert len(answers) > 3
    for code, said, complained in answers:
        assert (code, complained) == (0, "")
        assert "--help" in said


@pytest.fixture
def listed(desk):
    """An agent that lists a name hardly any encoding has."""
    desk.run(
        "sandbox", "issue-token", "--token-folder", str(desk.folder / "other"), "--organisation", NAME,
        "--uscc", "91440300MA5DA0000F", "--valid-days", "9", "--pin-stdin", "--label", "✓KEY",
        stdin=b"135790\n",
    )  # fmt: skip
    configuration = desk.folder / "config.toml"
    usual, other = str(desk.token_configuration), str(desk.folder / "other" / "softhsm2.conf")
    text = configuration.read_text("utf-8")
    assert usual in text
    configuration.write_text(text.replace(usual, other), "utf-8")
    desk.start_agent("--no-tray")
    return desk


COMMANDS = (
    (AGENT, "status"), (AGENT, "check"), (AGENT, "certs"), (AGENT, "certs", "--all"),
    (AGENT, "modules"), (AGENT, "pin", "status"), (AGENT, "config", "show"), (AGENT, "renewals"),
    (AGENT, "sites", "list"), (AGENT, "config", "set", "nothing", "✓𠮷"),
    (AGENT, "dossier", "check", "✓𠮷"), (HOST, "list"), (SANDBOX, "applications"),
    (SANDBOX, "sms", "--last"),
)  # fmt: skip
JSON_COMMANDS = (
    (AGENT, "certs", "--json"), (AGENT, "status", "--json"), (AGENT, "config", "show", "--json"),
    (HOST, "list", "--json"), (SANDBOX, "applications", "--json"),
)  # fmt: skip


def test_commands_say_what_the_encoding_has(listed):
    for encoding in ENCODINGS:
        for command, (_, said, complained) in zip(
            COMMANDS, run(COMMANDS, encoding, listed.environment), strict=True
        ):
            assert (said + complained).strip(), command
        answers = run(JSON_COMMANDS, encoding, listed.environment)
        found = [json.loads(said) for code, said, _ in answers if code == 0]
        assert len(found) == len(JSON_COMMANDS)
        names = {c["organisation"] for t in found[0]["tokens"] for c in t["certificates"]}
        assert names == {NAME}
