"""The agent's log on disk."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os

import pytest

from agent.system import logs


@contextlib.contextmanager
def bare_root():
    """The root logger without the test runner's handlers, which are put back."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        yield root
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = kept
        root.setLevel(level)


def test_the_log_is_begun_anew_when_it_is_full_and_keeps_the_last_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "_MAX_BYTES", 1000)
    with bare_root() as root:
        logs.set_up_logging(tmp_path, to_stderr=False)
        for number in range(100):
            root.info("line %s 证照", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["agent.log", *(f"agent.log.{n}" for n in (1, 2, 3))]
    assert all(file.stat().st_size < 1100 for file in files)
    lines = [
        line
        for file in (*reversed(files[1:]), files[0])
        for line in file.read_text("utf-8").splitlines()
    ]
    assert [line.split()[-2] for line in lines] == [str(n) for n in range(100 - len(lines), 100)]


def test_no_line_is_lost_while_the_log_cannot_be_begun_anew(tmp_path, monkeypatch):
    """As on Windows, while somebody reads one of the files."""
    monkeypatch.setattr(logs, "_MAX_BYTES", 1000)
    monkeypatch.setattr(logs, "_PUT_OFF_BYTES", 500)
    refused = []

    def refuse(source, target):
        refused.append(target)
        raise PermissionError(13, "another program has the file open", source)

    with bare_root() as root:
        logs.set_up_logging(tmp_path, to_stderr=False)
        with monkeypatch.context() as held:
            held.setattr(os, "rename", refuse)
            for number in range(100):
                root.info("line %s", number)
        [file] = tmp_path.iterdir()
        assert len(file.read_text("utf-8").splitlines()) == 100
        assert 2 < len(refused) < 20, "not at every line"
        for number in range(20):
            root.info("line %s", number)
    assert len(list(tmp_path.iterdir())) > 1, "begun anew once nobody reads it"


class FullDisk(io.StringIO):
    """A file on a disk that takes nothing."""

    def flush(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_costs_lines_and_is_said_by_nobody_else(tmp_path, capsys):
    with bare_root() as root:
        logs.set_up_logging(tmp_path, to_stderr=False)
        [handler] = root.handlers
        file, handler.stream = handler.stream, FullDisk()
        root.info("lost")
        handler.stream = file
        root.info("there is room again")
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "agent.log").read_text("utf-8").endswith("there is room again\n")


HARMFUL = [
    "\n", "\r", "\r\n", "\t", "\v", "\f", "\x1b[31m", "\x07", "\b", "\x9b31m", "\x7f", "\0", "\x85",
    "\u2028", "\u2029", "\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\ud800",
]  # fmt: skip


def strangers_words(text):
    raise ValueError(text)


@pytest.mark.parametrize("character", HARMFUL)
def test_what_a_stranger_says_is_one_line_with_nothing_hidden(tmp_path, character):
    forged = f"one{character}2026-01-01 00:00:00,000 INFO agent.sites.consent decision=always"
    with bare_root() as root:
        logs.set_up_logging(tmp_path, to_stderr=False)
        root.warning("proxy auto-configuration fails: %s", forged)
        try:
            strangers_words(forged)
        except ValueError:
            root.exception("step failed name=%s", forged)
    text = (tmp_path / "agent.log").read_text("utf-8")
    lines = text.removesuffix("\n").split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert lines[1].count("decision=always") == 2
    assert "test_logs.py" in lines[1]


def test_chinese_and_what_is_seen_stays_as_it_is(tmp_path):
    said = "证照 “甲” – 𠀀 é e\u0301 🔑 \\n C:\\x"
    with bare_root() as root:
        logs.set_up_logging(tmp_path, to_stderr=False)
        root.info(said)
    assert (tmp_path / "agent.log").read_text("utf-8").endswith(f" {said}\n")
