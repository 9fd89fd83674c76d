"""What stands in Windows' registry: the start at login, and who our notices are from."""

from __future__ import annotations

import contextlib
import sys
import winreg

import pytest

from agent.system import app_identity
from agent.system.app_identity import APP_ID, register_identity, take_identity
from agent.system.autostart import is_declined, this_systems_autostart
from agent.system.autostart.windows import APPROVED_KEY, KEY, VALUE, RunKey
from native_host.identity import HOST_NAME

pytestmark = pytest.mark.windows


@pytest.fixture
def run_key():
    """Leave the entry as it was found."""
    own = this_systems_autostart()
    own.switch_off()
    yield own
    own.switch_off()


def entry():
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, KEY) as key:
        return winreg.QueryValueEx(key, VALUE)[0]


def test_the_start_at_login_is_switched_on_and_off(run_key):
    assert run_key.ways() == []
    run_key.switch_on()
    [way] = run_key.ways()
    assert way.is_right
    assert way.place.startswith("HKCU")
    assert "python.exe" not in entry().lower(), "it would have a console, which is a window"
    run_key.switch_off()
    run_key.switch_off()
    assert run_key.ways() == []


def test_what_is_gone_is_not_right_and_is_mended(run_key):
    RunKey([r"C:\gone\odc-agent.exe", "run"]).switch_on()
    assert [way.is_right for way in run_key.ways()] == [False]
    RunKey([sys.executable, "-I", "run"]).switch_on()
    assert [way.is_right for way in run_key.ways()] == [True]


def note(first: int, root=winreg.HKEY_CURRENT_USER) -> None:
    """Switch the entry off or on as Task Manager does."""
    with winreg.CreateKey(root, APPROVED_KEY) as key:
        winreg.SetValueEx(key, VALUE, 0, winreg.REG_BINARY, bytes([first, *bytes(11)]))


@pytest.mark.parametrize("off", [3, 7])
def test_an_entry_that_task_manager_has_switched_off_starts_nothing(run_key, off):
    run_key.switch_on()
    assert not is_declined()
    note(off)
    assert run_key.ways() == []
    assert is_declined()
    run_key.switch_on()
    assert [way.is_right for way in run_key.ways()] == [True]
    assert not is_declined()


@pytest.mark.parametrize("on", [2, 6])
def test_one_that_it_has_switched_on_again_does(run_key, on):
    run_key.switch_on()
    note(on)
    assert len(run_key.ways()) == 1


@pytest.fixture
def everybodys():
    """An entry that an installer wrote."""
    root = winreg.HKEY_LOCAL_MACHINE
    with winreg.CreateKey(root, KEY) as key:
        winreg.SetValueEx(key, VALUE, 0, winreg.REG_SZ, f'"{sys.executable}" run')
    yield root
    for name in (KEY, APPROVED_KEY):
        with (
            contextlib.suppress(FileNotFoundError),
            winreg.OpenKey(root, name, 0, winreg.KEY_SET_VALUE) as key,
        ):
            winreg.DeleteValue(key, VALUE)


def test_where_everybodys_is_switched_off_the_users_own_starts_the_agent(run_key, everybodys):
    run_key.switch_on()
    assert [way.place.partition("\\")[0] for way in run_key.ways()] == ["HKLM"]
    note(3, everybodys)
    assert run_key.ways() == []
    run_key.switch_on()
    assert [way.place.partition("\\")[0] for way in run_key.ways()] == ["HKCU"]


@pytest.fixture
def own_key(monkeypatch):
    """A place in the registry where nothing is."""
    own = rf"Software\Classes\AppUserModelId\{APP_ID}.test"
    monkeypatch.setattr(app_identity, "_KEY", own)

    def clear():
        with contextlib.suppress(FileNotFoundError):
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, own)

    clear()
    yield own
    clear()


def test_notices_have_a_name_and_an_icon_and_an_installations_are_let_be(tmp_path, own_key):
    icon = tmp_path / "证照.ico"
    icon.touch()
    register_identity("gone", tmp_path / "gone.ico")
    register_identity("证照管家", icon)
    register_identity("another", icon)
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, own_key) as key:
        assert winreg.QueryValueEx(key, "DisplayName")[0] == "证照管家"
        assert winreg.QueryValueEx(key, "IconUri")[0] == str(icon)


def test_a_process_takes_the_identity_that_an_installation_registers():
    take_identity()  # which one it is Wine does not tell
    assert APP_ID == HOST_NAME
