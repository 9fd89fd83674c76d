"""Hearing of files that were saved: whoever saves them, however, and never of half a file."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from agent.system.saved_files import SavedFiles

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")


class Heard:
    """What is heard of ``config.toml`` and of the tables in ``modules.d``."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "user" / "config.toml"
        self.tables = folder / "user" / "modules.d"
        self.times = 0
        self._told = asyncio.Event()
        self.saved = SavedFiles((self.file,), (self.tables,), ".toml", self._count)

    def _count(self) -> None:
        self.times += 1
        self._told.set()

    async def change(self, change, *, is_told=True) -> int:
        """Make a change and return how often something was told of it, once that has come and a while after.

        A machine that stands still for a moment tells late: what comes is waited for.
        """
        before = self.times
        self._told.clear()
        change()
        if is_told:
            await asyncio.wait_for(self._told.wait(), 20)
        await asyncio.sleep(0.5)
        return self.times - before

    async def stays_silent(self, change) -> bool:
        """Make a change and say whether nothing was told of it."""
        return await self.change(change, is_told=False) == 0


@pytest.fixture
async def heard(tmp_path):
    heard = Heard(tmp_path)
    heard.file.parent.mkdir()
    heard.saved.start()
    yield heard
    heard.saved.close()


def rewritten(file, text="a = 1"):
    return lambda: file.write_text(text)


def replaced(file):
    new = file.with_name(".new")
    new.write_text("a = 2")
    return lambda: new.replace(file)


async def test_every_way_of_saving_is_heard_once(heard, tmp_path):
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text("a = 3")
    assert await heard.change(rewritten(heard.file)) == 1
    assert await heard.change(replaced(heard.file)) == 1
    assert await heard.change(lambda: heard.file.chmod(0o400)) == 1
    assert await heard.change(heard.file.unlink) == 1
    assert await heard.change(lambda: heard.file.symlink_to(elsewhere)) == 1
    assert await heard.change(rewritten(elsewhere)) == 1, "where the link leads to"
    assert await heard.change(replaced(elsewhere)) == 1
    heard.file.unlink()
    assert await heard.change(lambda: os.link(elsewhere, heard.file)) == 1


async def test_other_files_beside_it_are_nobodys_business(heard):
    assert await heard.stays_silent(rewritten(heard.file.with_name("renewals.sqlite")))
    assert await heard.stays_silent(rewritten(heard.file.with_name(".config.toml.swp")))


async def test_folders_may_come_later_and_go(tmp_path):
    heard = Heard(tmp_path)
    heard.saved.start()
    try:
        assert await heard.change(lambda: heard.tables.mkdir(parents=True)) == 1
        table = heard.tables / "vendor.toml"
        assert await heard.change(rewritten(table)) == 1
        assert await heard.stays_silent(rewritten(heard.tables / "README"))
        assert await heard.change(rewritten(heard.file)) == 1
        moved = heard.file.parent.with_name("away")
        assert await heard.change(lambda: heard.file.parent.rename(moved)) == 1
        assert await heard.stays_silent(rewritten(moved / "config.toml"))
        assert await heard.change(lambda: moved.rename(heard.file.parent)) == 1
        assert await heard.change(rewritten(table)) == 1
    finally:
        heard.saved.close()


async def test_a_file_counts_once_its_writer_has_closed_it(heard):
    assert await heard.change(rewritten(heard.file)) == 1
    before = heard.times
    with heard.file.open("w") as opened:
        opened.write("a = ")
        opened.flush()
        assert heard.saved.is_being_written()
        assert await heard.stays_silent(lambda: None)
    assert not heard.saved.is_being_written()
    assert await heard.change(lambda: None) == 1
    assert heard.times == before + 1


async def test_nothing_wakes_while_nothing_is_saved(heard, monkeypatch):
    looked = []
    read = os.read
    monkeypatch.setattr(os, "read", lambda *args: looked.append(args) or read(*args))
    await asyncio.sleep(1)
    assert looked == []
    assert heard.times == 0


async def test_where_nothing_can_be_heard_somebody_has_to_look(tmp_path, monkeypatch):
    heard = Heard(tmp_path)

    def used_up(*_args):
        raise OSError("no more watches")

    monkeypatch.setattr("agent.system.saved_files._called", used_up)
    heard.saved.start()
    assert not heard.saved.is_live
    assert not heard.saved.is_being_written()
    heard.saved.close()
