"""What a package installs besides the program: unit, desktop files, man pages, completions."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import completions
import pytest
from browser_examples import CHROME_STORE, examples
from command_tree import command_tree
from manuals import manual

from agent.cli.commands import command_parser as agent_parser
from agent.settings.keys import DEFAULTS
from native_host.commands import command_parser as host_parser
from native_host.identity import FIREFOX_ID

LINUX = Path(__file__).parents[2] / "installer" / "linux"
PARSERS = pytest.mark.parametrize("parser", [agent_parser, host_parser])


def run(*command, **options):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, **options
    )


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    text = (LINUX / "odc-agent.service").read_text()
    unit = tmp_path / "odc-agent.service"
    unit.write_text(text.replace("/usr/bin/odc-agent", "/bin/true"))  # not installed here
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = run("systemd-analyze", "verify", "--user", "--man=no", str(unit), env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Type=notify" in text


@pytest.mark.parametrize("name", ["odc-agent.desktop", "odc-agent-autostart.desktop"])
def test_desktop_entries_are_valid(name):
    done = run("desktop-file-validate", str(LINUX / name))
    assert (done.returncode, done.stdout) == (0, "")


def test_software_centres_can_read_what_the_program_is():
    file = str(LINUX / "org.odc.agent.metainfo.xml")
    done = run("appstreamcli", "validate", "--no-net", "--pedantic", file)
    wrong = [line for line in done.stdout.splitlines() if line.strip().startswith(("E:", "W:"))]
    # It has no home page, which newer ones warn of.
    assert [line for line in wrong if "url-homepage-missing" not in line] == []
    assert done.returncode == 0 or wrong, done.stdout


@pytest.fixture
def login(tmp_path):
    """Run what the desktop starts at login, with programs that note their arguments."""
    tools = tmp_path / "bin"
    tools.mkdir()
    noted = tmp_path / "noted"
    script = tmp_path / "at-login"
    text = (LINUX / "at-login").read_text().replace("/usr/bin/odc-agent", "odc-agent")
    script.write_text(text)

    def program(name, body=""):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{noted}\n{body}\n')
        (tools / name).chmod(0o755)

    def log_in():
        environment = {"PATH": f"{tools}:/bin:/usr/bin", "DISPLAY": ":7"}
        assert run("sh", str(script), env=environment).returncode == 0
        asked = re.compile("show-environment|is-enabled")
        return [line for line in noted.read_text().splitlines() if not asked.search(line)]

    program("odc-agent")
    return program, log_in


ON_SCREEN = "systemctl --user import-environment DISPLAY"
START = "systemctl --user restart odc-agent.service"

RUN = "odc-agent run --replace --wait"


def test_at_login_the_unit_is_started_where_the_user_has_a_systemd(login):
    program, log_in = login
    program("systemctl")
    assert log_in() == [ON_SCREEN, START]


def test_at_login_the_agent_itself_is_started_where_there_is_no_systemd(login):
    program, log_in = login
    program("systemctl", "exit 1")
    assert log_in() == [RUN]


def test_at_login_the_agent_itself_is_started_where_systemd_cannot_start_it(login):
    program, log_in = login
    program("systemctl", "[ $2 != restart ]")
    assert log_in() == [ON_SCREEN, START, START.replace("restart", "stop"), RUN]


def test_at_login_nothing_is_started_where_the_user_masked_the_unit(login):
    program, log_in = login
    program("systemctl", "[ $2 != is-enabled ] || { echo masked; exit 1; }")
    assert log_in() == []


def test_the_examples_for_browsers_follow_the_stores_id_and_force_nobody(monkeypatch):
    stores = "abcdefghijklmnopabcdefghijklmnop"
    monkeypatch.setattr("browser_examples.STORE_IDS", (stores,))
    files = examples()
    hint = json.loads(files[f"external-extensions/{stores}.json"])
    assert hint == {"external_update_url": CHROME_STORE}
    chromium = json.loads(files["policies/chromium.json"])["ExtensionSettings"]
    firefox = json.loads(files["policies/firefox.json"])["policies"]["ExtensionSettings"]
    assert (set(chromium), set(firefox)) == ({stores}, {FIREFOX_ID})
    settings = [*chromium.values(), *firefox.values()]
    assert {setting["installation_mode"] for setting in settings} == {"normal_installed"}


@PARSERS
def test_man_pages_name_every_command_and_every_option(parser, tmp_path):
    tree = command_tree(parser())
    page = tmp_path / "page.1"
    page.write_text(manual(tree, "1.0", ()))
    done = run("man", "--warnings", "-l", str(page), env={**os.environ, "MANWIDTH": "500"})
    assert (done.returncode, done.stderr) == (0, "")
    for command in tree.walk():
        assert " ".join(command.words[1:]) in done.stdout
        assert not [flag for flag in command.flags if flag not in done.stdout]


def offered(script, *words):
    """Return what bash offers after ``words``."""
    line = " ".join(f"'{word}'" for word in words)
    code = f"source {script}; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
    code += "_odc_agent; echo ${COMPREPLY[@]}"
    return run("bash", "-c", code).stdout.split()


def test_bash_offers_what_may_follow(tmp_path):
    script = tmp_path / "odc-agent"
    script.write_text(completions.bash(command_tree(agent_parser())))
    assert {"status", "renew", "pin", "--version"} <= set(offered(script, "odc-agent", ""))
    assert offered(script, "odc-agent", "pin", "ch") == ["change"]
    assert "--pin-stdin" in offered(script, "odc-agent", "pin", "change", "--")
    assert "--pin-stdin" not in offered(script, "odc-agent", "status", "--")
    assert offered(script, "odc-agent", "metrics", "--output", "--ou") == ["--output"]


ZSH = """
zmodload zsh/zpty
zpty shell 'TERM=dumb zsh -f -i'
zpty -w shell "PS1=; fpath=($1 \\$fpath); autoload -U compinit; compinit -u -D; echo REA''DY"
zpty -r shell answer '*READY*'
zpty -w -n shell $'odc-agent renewal \\t\\t'
zpty -r shell answer '*enter the SMS code*'
print -r -- $answer
zpty -d shell
"""


def test_zsh_offers_what_may_follow(tmp_path):
    (tmp_path / "_odc-agent").write_text(completions.zsh(command_tree(agent_parser())))
    shown = run("zsh", "-f", "-c", ZSH, "zsh", str(tmp_path)).stdout
    assert re.search(r"amend +-- submit what the review wants amended", shown)


def test_fish_offers_what_may_follow(tmp_path):
    script = tmp_path / "odc-agent.fish"
    script.write_text(completions.fish(command_tree(agent_parser())))
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}

    def offered_after(line):
        code = f"source {script}; complete -C '{line}'"
        lines = run("fish", "--no-config", "-c", code, env=home).stdout.splitlines()
        return {line.partition("\t")[0] for line in lines}

    assert {"status", "renew", "pin"} <= offered_after("odc-agent ")
    assert offered_after("odc-agent pin ch") == {"change"}
    assert "--pin-stdin" in offered_after("odc-agent pin change --")
    assert "--pin-stdin" not in offered_after("odc-agent status --")


@PARSERS
def test_every_shell_is_offered_every_command(parser):
    tree = command_tree(parser())
    for write in (completions.bash, completions.zsh, completions.fish):
        script = write(tree)
        assert not [c.words for c in tree.walk() if c.words[-1] not in script]


def test_every_key_of_the_configuration_is_documented_for_administrators():
    text = (LINUX.parents[1] / "docs" / "administrators.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    missing = [
        key
        for key in DEFAULTS
        if not any(f"[{key.rpartition('.')[0]}]" in row or "." not in key for row in rows)
        or not any(re.search(rf"\b{key.rpartition('.')[2]}\b", row) for row in rows)
    ]
    assert missing == []
