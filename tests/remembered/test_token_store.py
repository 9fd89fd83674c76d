"""The file of remembered tokens."""

from __future__ import annotations

import json
import stat

import pytest
from certificate_maker import thumbprint_of
from seen_tokens import NOW, Drawer, signing, token

from agent.remembered.store import TokenStore

OLD = signing("2025-04-01", "2026-04-01")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "tokens.json"


@pytest.fixture
def tokens():
    drawer = Drawer()
    drawer.sees(token(OLD, label="财务"))
    return drawer.remembered


def store(file):
    return TokenStore(file, lambda: NOW)


def test_what_was_written_is_read_by_the_next_agent(file, tokens):
    store(file).write(tokens)
    assert store(file).read() == tokens
    assert store(file).problem is None


def test_the_file_is_private_and_says_what_is_remembered(file, tokens):
    store(file).write(tokens)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [kept] = json.loads(file.read_text("utf-8"))["tokens"]
    assert kept["reference"]["label"] == "财务"
    assert kept["certificates"][0]["certificate"]["thumbprint"] == thumbprint_of(OLD)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"{}", b'{"version": 1}', b'{"version": 1, "tokens": [{}]}', b"\xff" * 9],
)  # fmt: skip
def test_a_damaged_file_is_laid_aside_with_the_day_and_told(file, tokens, content):
    file.parent.mkdir()
    file.write_bytes(content)
    damaged = store(file)
    assert damaged.read() == ()
    aside = file.with_name("tokens.damaged-2026-03-02.json")
    assert aside.read_bytes() == content
    assert damaged.problem.code == "remembered_damaged"
    assert damaged.problem.values["file"] == str(aside)
    damaged.write(tokens)
    assert store(file).read() == tokens


def test_what_was_laid_aside_before_stays(file):
    for content in (b"one", b"two"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        store(file).read()
    assert sorted(each.read_bytes() for each in file.parent.iterdir()) == [b"one", b"two"]


def test_a_newer_versions_file_is_left_as_it_is(file, tokens):
    content = b'{"version": 2, "tokens": {"whatever": "it says"}}'
    file.parent.mkdir()
    file.write_bytes(content)
    older = store(file)
    assert older.read() == ()
    assert older.problem.code == "remembered_newer"
    older.write(tokens)
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_read_is_left_as_it_is(file, tokens):
    file.mkdir(parents=True)
    unread = store(file)
    assert unread.read() == ()
    assert unread.problem.code == "remembered_unreadable"
    unread.write(tokens)
    assert file.is_dir()


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path, tokens, caplog):
    blocked = tmp_path / "file"
    blocked.touch()
    store(blocked / "tokens.json").write(tokens)
    assert "not remembered" in caplog.text
