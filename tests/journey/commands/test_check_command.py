"""``odc-agent check`` over a whole desk: authority, token and agent as a person has them."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def agent(desk, short_folder):
    """An agent whose user has no browser of this machine's and no session bus."""
    desk.environment |= {"HOME": str(short_folder), "XDG_CONFIG_HOME": str(short_folder / "config")}
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
        desk.environment.pop(name, None)
    desk.start_agent("--no-tray")


def items(done):
    return {item["name"]: item for item in json.loads(done.stdout)["items"]}


def test_everything_is_checked_without_a_pin(desk, agent, odc_agent):
    done = odc_agent("check", "--json")
    found = items(done)
    assert done.returncode == 1  # the certificate has expired
    assert {name for name, item in found.items() if item["state"] == "ok"} >= {
        "modules", "token", "pin", "chain", "authority", "clock", "disk", "versions",
    }  # fmt: skip
    assert found["certificates"]["state"] == "failed"
    assert "已过期961天" in found["certificates"]["text"]
    assert found["keys"]["state"] == "unknown"
    assert found["token"]["title"] == "电子钥匙"


def test_an_authority_that_has_gone_fails_the_check_that_is_named(desk, agent, odc_agent):
    assert odc_agent("check", "authority").returncode == 0
    desk.end(desk.processes.pop(0))
    done = odc_agent("check", "authority", "clock", "--json")
    assert done.returncode == 1
    assert {name: item["state"] for name, item in items(done).items()} == {
        "authority": "failed",
        "clock": "unknown",
    }


def test_people_read_what_to_do_and_a_report_names_nobody(desk, agent, odc_agent):
    done = odc_agent("check", language="en")
    assert "✗ certificates: Certificates - signing certificate: expired 961 days ago" in done.stdout
    assert "→ Renew it" in done.stdout
    report = odc_agent("check", "--report").stdout
    assert "[FAIL] certificates" in report
    assert "样例" not in report
    assert desk.issued["label"] not in report


def test_what_can_be_mended_is_mended(agent, odc_agent):
    assert items(odc_agent("check", "autostart", "--json"))["autostart"]["state"] == "warning"
    assert items(odc_agent("check", "autostart", "--fix", "--json"))["autostart"]["state"] == "ok"


def test_a_check_that_does_not_exist_is_wrong_usage(agent, odc_agent):
    done = odc_agent("check", "weather")
    assert done.returncode == 2
    assert "weather" in done.stderr
