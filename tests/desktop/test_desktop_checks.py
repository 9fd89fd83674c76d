"""What the environment check says of real desktops: with and without a daemon, a tray, a bus."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import pytest
from display import desktop, missing_programs, start_daemon

from agent.checks.model import CheckState
from agent.checks.probes.desktop import look_at_notices, look_for_tray_host
from agent.checks.probes.fonts import look_for_fonts
from agent.checks.verdicts.desktop import Tray, TrayHost, judge_fonts, judge_notices, judge_tray
from agent.ground.language import Language

pytestmark = pytest.mark.skipif(bool(missing_programs()), reason="needs a desktop's programs")


async def notices(*, is_wanted=True):
    [found] = judge_notices(await look_at_notices(is_wanted=is_wanted))
    return found.state, found.said.text(Language.EN)


@pytest.mark.parametrize(("daemon", "name"), [("dunst", "dunst"), ("xfce4-notifyd", "Xfce")])
async def test_the_daemon_that_shows_notices_is_named(own_environment, daemon, name):
    with desktop(panel=False, notifications=daemon) as screen:
        own_environment(screen.environment)
        state, text = await notices()
        assert (state, name in text) == (CheckState.OK, True)
        assert (await notices(is_wanted=False))[0] is CheckState.WARNING


async def test_a_daemon_that_hangs_is_told_within_its_time(own_environment, monkeypatch):
    monkeypatch.setattr("agent.system.session_bus.CALL_SECONDS", 1.0)
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(desktop(panel=False, notifications=""))
        daemon = start_daemon(stack, screen, "dunst")
        own_environment(screen.environment)
        os.killpg(daemon.pid, signal.SIGSTOP)
        assert (await notices())[0] is CheckState.FAILED
        os.killpg(daemon.pid, signal.SIGCONT)


async def test_without_a_bus_nothing_shows_notices(monkeypatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert (await notices())[0] is CheckState.WARNING


async def test_a_panel_has_a_place_for_the_icon_and_a_bare_screen_has_none(own_environment):
    with desktop(notifications="") as screen:
        own_environment(screen.environment)
        assert await look_for_tray_host() is TrayHost.PRESENT
    with desktop(panel=False, notifications="") as screen:
        own_environment(screen.environment)
        assert await look_for_tray_host() is TrayHost.ABSENT


async def test_without_a_screen_no_tray_is_looked_for(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert await look_for_tray_host() is TrayHost.NO_SCREEN


DRAWN = """
from PySide6.QtGui import QTextLayout
from agent.windows.style import application
app = application(["test"])
layout = QTextLayout("证", app.font())
layout.beginLayout(); layout.createLine(); layout.endLayout()
print(layout.glyphRuns()[0].rawFont().familyName())
"""


@pytest.mark.parametrize("hidden", ["", "<family>Noto Sans CJK SC</family>"])
def test_the_font_that_is_named_is_the_one_the_windows_draw_with(monkeypatch, tmp_path, hidden):
    monkeypatch.setenv("DISPLAY", ":0")
    if hidden:
        file = tmp_path / "fonts.conf"
        pattern = (
            '<pattern><patelt name="family"><string>Noto Sans CJK SC</string></patelt></pattern>'
        )
        file.write_text(
            "<fontconfig><include>/etc/fonts/fonts.conf</include>"
            f"<selectfont><rejectfont>{pattern}</rejectfont></selectfont></fontconfig>"
        )
        monkeypatch.setenv("FONTCONFIG_FILE", str(file))
    [found] = judge_fonts(look_for_fonts())
    drawn = subprocess.run(
        [sys.executable, "-c", DRAWN], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert found.said.text(Language.EN) == f"Chinese characters are shown, by {drawn}."


def test_fonts_with_chinese_characters_are_found_and_missed(monkeypatch, tmp_path):
    monkeypatch.setenv("DISPLAY", ":0")
    assert [found.state for found in judge_fonts(look_for_fonts())] == [CheckState.OK]
    no_fonts = tmp_path / "fonts.conf"
    no_fonts.write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(no_fonts))
    assert [found.state for found in judge_fonts(look_for_fonts())] == [CheckState.WARNING]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [found.state for found in judge_fonts(look_for_fonts())] == [CheckState.UNKNOWN]


@pytest.mark.parametrize(
    ("tray", "state"),
    [
        (Tray(host=TrayHost.PRESENT, is_shown=True), CheckState.OK),
        (Tray(host=TrayHost.PRESENT), CheckState.FAILED),
        (Tray(host=TrayHost.ABSENT, is_shown=True), CheckState.WARNING),
        (Tray(host=TrayHost.PRESENT, is_wanted=False), CheckState.WARNING),
        (Tray(host=TrayHost.NO_SCREEN), CheckState.UNKNOWN),
    ],
)
def test_a_tray_is_well_where_it_can_be_seen(tray, state):
    [found] = judge_tray(tray)
    assert found.state is state
