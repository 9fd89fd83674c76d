from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from display import artefacts, eventually
from PIL import Image

from agent.desktop import notices
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.icon_file import drawn_icon, icon_file
from agent.desktop.notices.model import Notice, NotShownError
from agent.desktop.notices.plyer import PlyerDisplay
from agent.system.runtime import RuntimeFolderError

TEXT = "您的数字证书已过期961天,请及时更新数字证书!过期后将不能用于电子签名或登录,请尽快更新!"
PLAIN = Notice(title="标题", text="正文")


@pytest.fixture
def notify_send(short_folder, monkeypatch):
    """Put a script in the place of notify-send."""
    monkeypatch.setenv("ODC_HOME", str(short_folder))

    def install(script):
        file = short_folder / "notify-send"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", str(short_folder), prepend=os.pathsep)

    return install


async def test_a_notice_reaches_the_desktop_word_for_word(desk, tmp_path):
    await PlyerDisplay().show("a", Notice(title="深圳市样例有限公司 的数字证书", text=TEXT))
    file = artefacts(tmp_path) / "notification.png"
    assert eventually(lambda: has_text(desk.screenshot(file)))
    (notice,) = desk.notices()
    assert notice["summary"] == "深圳市样例有限公司 的数字证书"
    assert notice["body"] == TEXT
    assert notice["appname"] == "证照管家"


async def test_a_notification_daemon_that_hangs_costs_only_the_time_allowed(
    notify_send, short_folder
):
    notify_send(f"echo $$ > {short_folder}/pid; exec sleep 600")
    started = time.monotonic()
    with pytest.raises(NotShownError, match="does not answer"):
        await PlyerDisplay(seconds=3).show("a", PLAIN)
    assert time.monotonic() - started < 10
    hanging = int((short_folder / "pid").read_text())
    assert eventually(lambda: not is_running(hanging))


async def test_why_a_notice_is_refused_is_told(notify_send):
    notify_send("echo no daemon >&2; exit 1")
    with pytest.raises(NotShownError, match="no daemon"):
        await PlyerDisplay().show("a", PLAIN)


async def test_a_machine_without_notify_send_is_told(monkeypatch, short_folder):
    monkeypatch.setenv("PATH", str(short_folder))
    with pytest.raises(NotShownError, match="libnotify-bin"):
        await PlyerDisplay().show("a", PLAIN)


async def test_a_disk_that_takes_no_picture_does_not_keep_the_words(notify_send, short_folder):
    notify_send(f'echo "$@" > {short_folder}/shown')
    file = icon_file(PLAIN.seal)
    file.with_stem(
        f".{file.stem}"
    ).mkdir()  # what is drawn can as little be saved as on a full disk
    await PlyerDisplay().show("a", PLAIN)
    assert "正文" in (short_folder / "shown").read_text("utf-8")


async def test_nor_does_one_that_takes_no_folder_for_it(monkeypatch):
    def refuse():
        raise RuntimeFolderError("no folder for sockets")

    monkeypatch.setattr(notices.icon_file, "ensure_runtime_folder", refuse)
    assert await notices.icon_file.ensure_icon(PLAIN.seal) is None
    assert drawn_icon(PLAIN.seal) is None


async def test_the_notice_is_not_in_the_log(notify_send, caplog):
    notify_send("echo no >&2; exit 1")
    board, closed = NoticeBoard(PlyerDisplay()), asyncio.Event()
    board.post("a", Posted(notice=PLAIN, pressed=lambda _key: None, closed=closed.set))
    await asyncio.wait_for(closed.wait(), 60)
    await board.close()
    assert "notice not shown" in caplog.text
    assert "正文" not in caplog.text
    assert board.failure


def has_text(file):
    """Whether anything is drawn below the panel: there is no wallpaper."""
    with Image.open(file) as image:
        return len(image.convert("RGB").crop((0, 64, *image.size)).getcolors(1 << 24)) > 20


def is_running(pid):
    """A zombie has ended; here nobody may be there to bury it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
