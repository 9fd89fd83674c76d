"""Files that are whole or not there, and private either way."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from agent.system.files import write_private, write_private_once


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_written_for_this_user_alone(tmp_path):
    file = tmp_path / "new" / "secret"
    before = os.umask(0)
    try:
        write_private(file, b"content")
    finally:
        os.umask(before)
    assert file.read_bytes() == b"content"
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700


def test_an_open_file_is_replaced_by_a_private_one(tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(b"old and longer")
    file.chmod(0o644)
    write_private(file, b"new")
    assert file.read_bytes() == b"new"
    assert mode(file) == 0o600


def test_who_reads_while_it_is_replaced_reads_the_old_content(tmp_path):
    file = tmp_path / "secret"
    write_private(file, b"old")
    with file.open("rb") as reader:
        write_private(file, b"new")
        assert reader.read() == b"old"


def test_nothing_but_the_file_is_left(tmp_path):
    for content in (b"one", b"two"):
        write_private(tmp_path / "file", content)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    file = tmp_path / "file"
    write_private(file, b"old")
    with pytest.raises(TypeError):
        write_private(file, "not bytes")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written_leaves_no_draft(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_private(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


WRITER = """
import sys
from pathlib import Path
from agent.system.files import write_private
print("ready", flush=True)
while True:
    for letter in b"abc":
        write_private(Path(sys.argv[1]), bytes([letter]) * 200_000)
"""


def test_a_kill_never_leaves_half_a_file(tmp_path):
    file = tmp_path / "file"
    write_private(file, b"a" * 200_000)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE
    ) as writer:
        writer.stdout.readline()
        seen = set()
        while len(seen) < 3:  # until it is writing for certain
            seen.add(file.read_bytes())
        writer.send_signal(signal.SIGKILL)
    content = file.read_bytes()
    assert content in {letter * 200_000 for letter in (b"a", b"b", b"c")}
    assert all(content in {b"a" * 200_000, b"b" * 200_000, b"c" * 200_000} for content in seen)


def test_a_file_that_is_made_once_is_not_replaced(tmp_path):
    file = tmp_path / "file"
    assert write_private_once(file, b"first")
    assert not write_private_once(file, b"second")
    assert file.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_it_is_made_once_also_where_there_are_no_hard_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("agent.system.files.os.link", refuse)
    test_a_file_that_is_made_once_is_not_replaced(tmp_path)
