"""The file of remembered tokens."""

from __future__ import annotations

import json
import stat

import pytest
from certificate_maker import thumbprint_of
from seen_tokens import NOW, Drawer, signing, token

from agent.remembered.store import TokenStore
from agent.system.damage import Damages

OLD = signing("2025-04-01", "2026-04-01")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "tokens.json"


@pytest.fixture
def tokens():
    drawer = Drawer()
    drawer.sees(token(OLD, label="财务"))
    return drawer.remembered


@pytest.fixture
def damages():
    return Damages(lambda: NOW)


def store(file, damages=None):
    return TokenStore(file, damages)


def test_what_was_written_is_read_by_the_next_agent(file, tokens, damages):
    store(file).write(tokens)
    assert store(file, damages).read() == tokens
    assert damages.problems == ()


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
def test_a_damaged_file_is_laid_aside_with_the_day_and_told(file, tokens, content, damages):
    file.parent.mkdir()
    file.write_bytes(content)
    damaged = store(file, damages)
    assert damaged.read() == ()
    aside = file.with_name("tokens.damaged-2026-03-02.json")
    assert aside.read_bytes() == content
    [problem] = damages.problems
    assert problem.code == "remembered_damaged"
    assert problem.values["file"] == str(aside)
    damaged.write(tokens)
    assert store(file).read() == tokens


def test_what_was_laid_aside_before_stays(file, damages):
    for content in (b"one", b"two"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        store(file, damages).read()
    assert sorted(each.read_bytes() for each in file.parent.iterdir()) == [b"one", b"two"]


def test_a_newer_versions_file_is_left_as_it_is(file, tokens, damages):
    content = b'{"version": 2, "tokens": {"whatever": "it says"}}'
    file.parent.mkdir()
    file.write_bytes(content)
    older = store(file, damages)
    assert older.read() == ()
    assert [problem.code for problem in damages.problems] == ["remembered_newer"]
    older.write(tokens)
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_read_just_now_is_left_as_it_is(file, tokens, damages):
    file.parent.mkdir()
    file.symlink_to("/proc/self/mem")  # an input/output error, as of a share that is away
    unread = store(file, damages)
    assert unread.read() == ()
    assert [problem.code for problem in damages.problems] == ["data_unreadable"]
    unread.write(tokens)
    assert file.is_symlink()


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path, tokens, caplog):
    blocked = tmp_path / "file"
    blocked.touch()
    store(blocked / "tokens.json").write(tokens)
    assert "not remembered" in caplog.text
