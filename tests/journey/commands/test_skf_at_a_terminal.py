"""A token that speaks SKF, as a person at a terminal and a script meet it: a real agent, our own token."""

from __future__ import annotations

import json

import pytest
from skf_bench import PIN, SkfBench, application, sm2_container

from sandbox.desk.desk import Desk

pytestmark = pytest.mark.timeout(120)

NEW, WRONG = "8246zx", "999999"


@pytest.fixture
def bench(short_folder):
    folder = short_folder / "skf"
    folder.mkdir()
    bench = SkfBench(folder)
    bench.make("key", application(sm2_container(), is_factory=True, tries=10), label="样例KEY")
    bench.plug()
    yield bench
    bench.close()


@pytest.fixture
def desk(short_folder, environment, bench):
    """An agent whose only driver is SKF's; no event of this machine's tells of its token."""
    folder = short_folder / "odc"
    folder.mkdir()
    path, socket = json.dumps(str(bench.library())), json.dumps(bench.server.address)
    (folder / "config.toml").write_text(
        f"poll_seconds = 3600\n[[module]]\npath = {path}\n"
        f"environment = {{ODC_SKF_SOCKET = {socket}}}\n[reminders]\nnotifications = false\n",
        "utf-8",
    )
    with Desk(folder, environment=environment) as desk:
        desk.start_agent("--no-tray")
        yield desk


def next_of(events, kind):
    return next(e["params"] for e in events if e["params"]["event"] == kind)


def test_a_token_is_listed_its_pin_tried_and_changed_and_it_comes_and_goes(desk, bench, odc_agent):
    [token] = json.loads(odc_agent("certs", "--json").stdout)["tokens"]
    assert (token["driver"], token["application"], token["label"]) == ("skf", "ODC", "样例KEY")
    assert (token["tries_left"], token["tries_most"], token["is_factory_pin"]) == (10, 10, True)
    signing, encryption = token["certificates"]
    assert {c["container"] for c in (signing, encryption)} == {"SM2"}
    assert (signing["algorithm"], signing["has_private_key"]) == ("SM2", True)
    [module] = json.loads(odc_agent("modules", "--json").stdout)["modules"]
    assert (module["driver"], module["state"], module["slots"]) == ("skf", "well", 1)
    assert "设备: 1;电子钥匙: 样例KEY" in odc_agent("modules").stdout

    status = odc_agent("pin", "status").stdout
    assert "剩余密码重试次数: 10" in status
    assert "出厂密码" in status
    wrong = odc_agent("pin", "change", "--pin-stdin", stdin=f"{WRONG}\n{NEW}\n")
    assert (wrong.returncode, "剩余密码重试次数: 9" in wrong.stderr) == (1, True)
    changed = odc_agent("pin", "change", "--pin-stdin", stdin=f"{PIN}\n{NEW}\n")
    assert changed.returncode == 0, changed.stderr
    [known] = json.loads(odc_agent("pin", "status", "--json").stdout)["tokens"]
    assert (known["tries_left"], known["is_factory_pin"]) == (10, False)
    assert bench.report().open_logins == 0
    checked = odc_agent("check", "pin").stdout
    assert "剩余密码重试次数: 10" in checked
    assert 'module="libodcskf' in odc_agent("metrics").stdout

    with desk.client() as client:
        client.call("events.subscribe")
        events = client.notifications()
        bench.pull()
        assert next_of(events, "token_removed")["application"] == "ODC"
        bench.plug()
        assert next_of(events, "token_inserted")["token"]["label"] == "样例KEY"
        assert "深圳市样例有限公司" in next_of(events, "reminder")["title"]


def test_the_last_try_and_a_lock_say_what_to_do(desk, bench, odc_agent):
    for left in range(9, 0, -1):
        done = odc_agent("pin", "change", "--pin-stdin", stdin=f"{WRONG}\n{NEW}\n")
        assert done.returncode == 1
        assert bench.report().devices[0].applications[0].tries_left == left
    refused = odc_agent("pin", "change", "--pin-stdin", stdin=f"{WRONG}\n{NEW}\n")
    assert "一次" in refused.stderr
    assert bench.report().devices[0].applications[0].tries_left == 1
    locked = odc_agent("pin", "change", "--pin-stdin", "--final-try", stdin=f"{WRONG}\n{NEW}\n")
    assert "窗口" in locked.stderr
    again = odc_agent("pin", "change", "--pin-stdin", "--final-try", stdin=f"{PIN}\n{NEW}\n")
    assert "窗口" in again.stderr
    assert bench.report().calls["SKF_ChangePIN"] == 10, "one for each try there was"
