"""The whole agent on a real desktop: reminder in the notification daemon, icon and menu on the panel."""

from __future__ import annotations

import subprocess

import pytest
from display import artefacts, desktop, eventually, missing_programs
from PIL import Image

from sandbox.desk.desk import Desk

pytestmark = pytest.mark.timeout(90)

REMINDER = "您的数字证书已过期961天,请及时更新数字证书!过期后将不能用于电子签名或登录,请尽快更新!"
LINE = "签名证书-深圳市样例有限公司  已过期961天"


@pytest.fixture
def screen(request):
    if missing := missing_programs():
        pytest.skip(f"needs {', '.join(missing)}")
    with desktop(notifications=getattr(request, "param", "dunst")) as running:
        yield running


@pytest.fixture
def desk(screen, short_folder, prepared):
    folder = short_folder / "odc"
    folder.mkdir()
    with Desk(folder, environment={**screen.environment, "ODC_LANGUAGE": "zh_CN"}) as desk:
        prepared.lay_out(desk)
        desk.configure_agent(desk.start_authority().url)
        yield desk


def test_an_expired_token_reminds_on_the_desktop_and_shows_in_the_tray(desk, screen, tmp_path):
    desk.start_agent()
    assert eventually(lambda: LINE in screen.menu()), "the menu names the certificate and its days"
    assert eventually(lambda: REMINDER in screen.run("dunstctl", "history") or _displayed(screen))
    _open_menu_with_the_mouse(screen)
    file = artefacts(tmp_path) / "desktop.png"
    assert eventually(lambda: _has_menu(screen.screenshot(file))), (
        "the menu opens where it is clicked"
    )
    (notice,) = screen.notices()
    assert notice["body"] == REMINDER
    assert "深圳市样例有限公司" in notice["summary"]


@pytest.mark.parametrize("screen", ["xfce4-notifyd"], indirect=True)
def test_renew_now_on_the_reminder_opens_the_renewal(desk, screen, tmp_path):
    desk.start_agent()
    assert eventually(lambda: LINE in screen.menu())
    assert eventually(
        lambda: screen.run("xdotool", "search", "--onlyvisible", "--class", "notifyd")
    )
    _open_menu_with_the_mouse(screen)
    file = artefacts(tmp_path) / "tray.png"
    assert eventually(lambda: _has_menu(screen.screenshot(file)))
    screen.run("xdotool", "key", "Escape")
    log = desk.folder / "logs" / "agent.log"
    assert eventually(lambda: screen.press(1) and "window name=renew" in log.read_text("utf-8"))


def test_quitting_in_the_tray_ends_the_agent(desk, screen):
    agent = desk.start_agent()
    assert eventually(lambda: "退出" in screen.menu())
    screen.click("退出")
    assert agent.wait(20) == 0


def test_windows_that_are_open_are_open_again_after_a_restart(desk, screen):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        client.call("windows.open", {"name": "settings"})
        assert eventually(lambda: _process_of(screen, "设置"))
        before = _process_of(screen, "设置")
        client.call("agent.restart")
    assert eventually(lambda: _process_of(screen, "设置") not in ("", before))


def test_the_agent_outlives_its_display(desk, screen):
    agent = desk.start_agent()
    assert eventually(lambda: LINE in screen.menu())
    screen.server.kill()
    screen.server.wait()
    with desk.client() as client:
        assert client.call("tokens.list", {"refresh": True})["tokens"]
    assert agent.poll() is None


def _process_of(screen, title):
    """Return the number of the process that shows the window, or an empty text."""
    found = screen.run("xdotool", "search", "--onlyvisible", "--name", f"^{title}$").split()
    return screen.run("xdotool", "getwindowpid", *found[:1]).strip() if found else ""


def _displayed(screen):
    return screen.run("dunstctl", "count", "displayed").strip() not in ("", "0")


def _open_menu_with_the_mouse(screen):
    """Click the icon on the panel; it is the only coloured thing there."""
    subprocess.run(
        ["xdotool", "mousemove", "16", "16", "click", "1"], env=screen.environment, check=True
    )


def _has_menu(file):
    """Whether something other than the black root window hangs below the panel's left end."""
    with Image.open(file) as image:
        below = image.convert("L").crop((4, 40, 200, 140))
    return below.getextrema()[0] > 0
