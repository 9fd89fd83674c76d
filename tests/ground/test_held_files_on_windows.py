"""Files that another process has open, and what the agent does with them all the same."""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.ground import held_files
from agent.ground.errors import reason_of
from agent.ground.held_files import FileHeldError
from agent.renewals.journal.database import JournalBusyError, Way, open_database
from agent.system.damage import DamagedError, Damages
from agent.system.files import write_beside, write_private, write_private_once
from agent.system.kept_file import KeptFile
from agent.system.lock import AgentLock
from native_host.files import write_if_different
from sandbox.authority.rules.records import EstUser
from sandbox.authority.store import Store
from sandbox.home import create_file, write_file

HOLDER = Path(__file__).with_name("holder.py")
SHARES = ("-", "r", "rw", "rwd")
"""Nothing, as some scanners; reading; as Python and most programs; as Unix."""
SHORT_MS = 200


class Holder:
    """Another process that has files open."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def hold(self, file, share, ms=SHORT_MS):
        assert self.ask("hold", file, share, ms) == "held"

    def has_let_go(self):
        assert self.process.stdout.readline().strip() == "closed"

    def let_go(self):
        assert self.ask("let go") == "closed"

    def end(self):
        self.process.kill()
        self.process.wait(30)
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()


@pytest.fixture(scope="module")
def process():
    holder = Holder()
    yield holder
    holder.end()


@pytest.fixture
def holder(process):
    return process


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "钥匙.json"
    made.write_bytes(b"old")
    return made


def damaged(file):
    kept = KeptFile(file, dict, DamagedError, damages := Damages())
    return kept.read(), damages.problems


# Each does to a file what is done somewhere, and says what it holds then.
DONE = {
    "read": held_files.read_bytes,
    "replace": lambda file: write_private(file, b"new"),
    "host": lambda file: write_if_different(file, b"new", mode=0o600),
    "sandbox": lambda file: write_file(file, b"new"),
    "remove": held_files.remove,
    "folder": lambda file: held_files.remove_tree(file.parent),
    "rename": lambda file: held_files.rename(file, file.with_name("aside")),
    "link": lambda file: held_files.link(file, file.with_name("second")),
}


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("what", DONE)
def test_what_is_held_for_a_moment_is_waited_for(holder, file, share, what):
    holder.hold(file, share)
    DONE[what](file)
    expected = {
        "replace": b"new",
        "host": b"new",
        "sandbox": b"new",
        "read": b"old",
        "link": b"old",
    }
    holder.has_let_go()
    assert (file.read_bytes() if file.exists() else None) == expected.get(what)
    assert {one.name for one in file.parent.glob("*")} <= {file.name, "aside", "second"}, (
        "no part of it"
    )


@pytest.mark.parametrize("what", [what for what in DONE if what not in ("read", "link")])
def test_what_is_held_for_good_is_said_and_nothing_is_lost(holder, file, what, monkeypatch):
    monkeypatch.setattr(held_files, "PATIENCE_SECONDS", 0.3)
    holder.hold(file, "rw", 0)
    with pytest.raises(FileHeldError) as refused:
        DONE[what](file)
    assert reason_of(refused.value) == "another program has the file open"
    assert Path(refused.value.filename) in (file, file.parent)
    assert file.read_bytes() == b"old"
    holder.let_go()
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    DONE[what](file)


def test_who_reads_here_keeps_nobody_from_replacing(file):
    other = "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path;"
    other += (
        "from agent.system.files import write_private; write_private(Path(sys.argv[1]), b'new')"
    )
    with held_files.open_to_read(file) as stream:
        done = subprocess.run(
            [sys.executable, "-c", other, file, "."], capture_output=True, timeout=60, check=False
        )
        assert stream.read() == b"old"
    if hasattr(ctypes.WinDLL("ntdll"), "wine_get_version"):  # Wine 8 has no such renaming
        assert b"FileHeldError" in done.stderr
        write_private(file, b"new")
    assert file.read_bytes() == b"new"


def test_what_one_may_not_is_said_at_once(tmp_path):
    (tmp_path / "file").write_bytes(b"new")
    (tmp_path / "folder").mkdir()
    began = time.monotonic()
    with pytest.raises(PermissionError) as refused:
        held_files.replace(tmp_path / "file", tmp_path / "folder")
    assert not isinstance(refused.value, FileHeldError)
    with pytest.raises(FileNotFoundError):
        held_files.read_bytes(tmp_path / "nothing")
    assert time.monotonic() - began < held_files.PATIENCE_SECONDS


def test_what_is_held_is_not_taken_for_damaged(holder, file, monkeypatch):
    file.write_bytes(b"{}")
    holder.hold(file, "-")
    assert damaged(file) == ({}, ())
    monkeypatch.setattr(held_files, "PATIENCE_SECONDS", 0.1)
    holder.has_let_go()
    holder.hold(file, "-", 0)
    content, [problem] = damaged(file)
    assert content is None
    assert "another program has the file open" in str(problem)
    holder.let_go()
    assert file.read_bytes() == b"{}", "left where it was"


@pytest.fixture
def scanned(holder, tmp_path):
    """A folder that a scanner watches."""
    folder = tmp_path / "scanned"
    folder.mkdir()
    scanner = Holder()
    assert scanner.ask("scan", folder, "r", SHORT_MS) == "scanning"
    yield folder
    scanner.end()


def test_under_a_scanner_all_is_written(scanned):
    for number in range(8):
        write_private(scanned / "settings.json", str(number).encode())
        write_file(scanned / "sandbox.json", str(number).encode())
        assert write_private_once(scanned / f"once-{number}", b"key")
        assert create_file(scanned / f"created-{number}", b"key")
        write_beside(scanned / f"letter-{number}.pdf", b"letter")
    assert (scanned / "settings.json").read_bytes() == b"7"
    left = [one for one in scanned.iterdir() if one.name.startswith(".")]
    assert left == []


def test_under_a_scanner_a_lock_is_had(scanned):
    for _ in range(3):
        with AgentLock(scanned / "agent.lock"):
            pass


def test_under_a_scanner_a_journal_is_kept(scanned):
    for number in range(4):
        database, way = open_database(scanned / "journal.sqlite")
        assert way is Way.SHARED
        database.execute("PRAGMA foreign_keys = OFF")
        assert database.execute("SELECT count(*) FROM history").fetchone() == (number,)
        database.execute(
            "INSERT INTO history VALUES (?, '2026-01-01', 'drafting', NULL)", (str(number),)
        )
        database.close()


def test_a_journal_that_is_held_for_good_is_not_taken_for_damaged(holder, file, monkeypatch):
    monkeypatch.setattr(held_files, "PATIENCE_SECONDS", 0.3)
    journal = file.with_name("journal.sqlite")
    open_database(journal)[0].close()
    for share in ("-", "r"):
        holder.hold(journal, share, 0)
        with pytest.raises(JournalBusyError):
            open_database(journal)
        holder.let_go()
    open_database(journal)[0].close()


def test_under_a_scanner_the_sandbox_keeps_its_store(scanned):
    for number in range(4):
        with Store(scanned / "sandbox.sqlite3").transaction() as transaction:
            assert len(transaction.est_users()) == number
            transaction.save_est_user(
                EstUser(name=str(number), salt=b"", password_scrypt=b"", uscc="", pending_seconds=0)
            )
