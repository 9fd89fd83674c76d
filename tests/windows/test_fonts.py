"""A computer without Chinese fonts: windows speak English there instead of showing boxes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

SHOWN = """
from PySide6.QtWidgets import QApplication
from agent.windows.process import main
def say(app):
    window = QApplication.topLevelWidgets()[0]
    print(window.windowTitle(), window.banner.text, sep="|")
    return 0
QApplication.exec = say
main()
"""
NO_FONTS = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>'


@pytest.mark.parametrize("has_fonts", [True, False])
def test_without_chinese_fonts_a_window_is_in_english_and_says_why(has_fonts, tmp_path):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    if not has_fonts:
        file = tmp_path / "fonts.conf"
        file.write_text(NO_FONTS)
        environment["FONTCONFIG_FILE"] = str(file)
    agent, window = socket.socketpair()
    with agent, window:
        number = window.fileno()
        agent.sendall(b'{"name": "help", "subject": "", "language": "zh_CN", "others": []}\n')
        done = subprocess.run(
            [sys.executable, "-c", SHOWN, str(number)],
            env=environment, pass_fds=[number], capture_output=True, text=True, timeout=60,
            check=True,
        )  # fmt: skip
    title, _, said = done.stdout.strip().partition("|")
    assert (title, bool(said)) == (("帮助", False) if has_fonts else ("Help", True))
    assert has_fonts or "No font on this computer has Chinese characters" in said
