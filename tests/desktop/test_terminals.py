"""A terminal stands in for a window where there can be none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from display import eventually
from window_desk import windows_of

from agent.desktop import windows as desktop_windows
from agent.desktop.display import NoWindowError
from agent.desktop.terminals import terminal_command
from agent.ground.language import Language
from agent.system.runtime import module_command


@pytest.fixture
def programs(short_folder, monkeypatch):
    """The only folder programs are looked for in; returns what adds a terminal to it."""
    monkeypatch.setenv("PATH", str(short_folder))
    monkeypatch.setenv("DISPLAY", ":99")

    def install(name):
        file = short_folder / name
        file.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {short_folder}/args\n')
        file.chmod(0o755)
        return file

    return install


@pytest.mark.parametrize(
    ("terminal", "option"),
    [("x-terminal-emulator", "-e"), ("xfce4-terminal", "-x"), ("gnome-terminal", "--"),
     ("konsole", "-e"), ("xterm", "-e")],
)  # fmt: skip
def test_each_terminal_is_told_the_command_in_its_own_way(programs, terminal, option):
    file = programs(terminal)
    assert terminal_command(["odc", "renew"]) == [str(file), option, "odc", "renew"]


def without_qt(monkeypatch):
    monkeypatch.setattr(desktop_windows, "find_spec", lambda _name: None)


@pytest.mark.parametrize(
    ("opened", "command"),
    [
        (("renew", "ab" * 32), ["renew", "--thumbprint", "ab" * 32]),
        (("consent", "c0ffee"), ["sites", "ask", "c0ffee"]),
        (("pin",), ["pin", "change"]),
    ],
)
def test_without_qt_a_terminal_stands_in_for_a_window(
    programs, short_folder, monkeypatch, opened, command
):
    programs("xterm")
    without_qt(monkeypatch)
    windows_of().open_window(*opened)
    written = short_folder / "args"
    assert eventually(lambda: written.exists() and written.read_text().endswith(f"{command[-1]}\n"))
    assert written.read_text().split() == [
        "-e", *module_command("agent.desktop.terminal", *command),
    ]  # fmt: skip


def test_without_qt_and_without_a_terminal_the_advice_names_the_command(programs, monkeypatch):
    without_qt(monkeypatch)
    with pytest.raises(NoWindowError) as refused:
        windows_of().open_window("renew")
    assert refused.value.text(Language.ZH) == "此处无法打开窗口。"
    assert "odc-agent renew" in refused.value.advice_text(Language.ZH)


@pytest.mark.parametrize("name", ["renew", "main", "consent"])
def test_without_a_display_nothing_is_started(programs, short_folder, monkeypatch, name):
    programs("xterm")
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(NoWindowError):
        windows_of().open_window(name)
    assert not (short_folder / "args").exists()


def test_the_terminal_stays_open_until_its_last_sentence_is_read(short_folder):
    environment = {**os.environ, "ODC_HOME": str(short_folder), "ODC_NO_START": "1",
                   "ODC_LANGUAGE": "en"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "agent.desktop.terminal", "renew"],
        env=environment, input="\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "The agent cannot be reached" in done.stderr
    assert done.stdout.endswith("Press Enter to close this window.")
