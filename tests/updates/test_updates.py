"""Updates over a real repository: what is new is told and fetched, deception is refused by name."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import threading
import urllib.error
import urllib.request

import pytest
from update_desk import PACKAGE, Desk

from agent.updates.errors import (
    NoUpdateError,
    UpdateExpiredError,
    UpdateMixedUpError,
    UpdateRolledBackError,
    UpdatesOffError,
    UpdateTamperedError,
    UpdateUnreachableError,
)
from agent.updates.model import UpdateProgress, is_newer
from agent.updates.service import DAY, JITTER_SECONDS
from sandbox.commands.updates import server
from sandbox.desk.update_repository import UpdateRepository


@pytest.fixture
def desk(tmp_path):
    repository = UpdateRepository(tmp_path / "repository")
    repository.create()
    with server(repository, 0) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True).start()
        yield Desk(tmp_path, f"http://127.0.0.1:{serving.server_port}")
        serving.shutdown()


def test_a_newer_version_is_told_and_its_package_fetched_with_progress(desk):
    desk.publish("0.0.9")
    assert desk.check() is None, "older than this one"
    desk.publish("9.0.0")
    assert desk.check().notes["zh_CN"] == "更快"

    async def fetch():
        file = await desk.agent().download()
        await asyncio.sleep(0)
        return file

    file = asyncio.run(fetch())
    assert file.name == "odc-agent_9.0.0.deb"
    assert file.read_bytes() == PACKAGE
    told = [event for event in desk.events if isinstance(event, UpdateProgress)]
    assert told[-1] == UpdateProgress(received=len(PACKAGE), total=len(PACKAGE))
    assert len(told) > 1


def test_a_package_that_was_changed_is_refused(desk):
    desk.publish("9.0.0")
    desk.check()
    [package] = (desk.repository.folder / "targets" / "packages").iterdir()
    package.write_bytes(PACKAGE[:-1] + b"!")
    with pytest.raises(UpdateTamperedError):
        asyncio.run(desk.agent().download())
    assert not list((desk.folder / "agent" / "packages").glob("*.deb"))


def test_metadata_that_was_changed_is_refused(desk):
    desk.publish("9.0.0")
    file = desk.metadata / "2.targets.json"
    file.write_text(file.read_text().replace("packages/", "packages_"))
    with pytest.raises(UpdateTamperedError):
        desk.check()


def test_metadata_by_other_keys_is_refused(desk):
    desk.publish("9.0.0")
    another = UpdateRepository(desk.folder / "another")
    another.create()
    with pytest.raises(UpdateTamperedError):
        asyncio.run(desk.agent(root=another.root).check())


def test_what_is_replayed_is_refused(desk):
    desk.publish("9.0.0")
    old = (desk.metadata / "timestamp.json").read_bytes()
    desk.publish("9.0.1")
    assert desk.check().version == "9.0.1"
    (desk.metadata / "timestamp.json").write_bytes(old)
    with pytest.raises(UpdateRolledBackError):
        desk.check()
    assert desk.agent().state.release.version == "9.0.1", "what was known is kept"


def test_what_is_frozen_is_refused(desk):
    desk.publish("9.0.0")
    desk.repository.refresh(days=-1)
    with pytest.raises(UpdateExpiredError):
        desk.check()


def test_what_is_mixed_up_is_refused(desk):
    desk.publish("9.0.0")
    desk.publish("9.0.1")
    shutil.copy(desk.metadata / "2.targets.json", desk.metadata / "3.targets.json")
    with pytest.raises(UpdateMixedUpError):
        desk.check()


def test_each_refusal_has_a_sentence_of_its_own():
    kinds = (UpdateTamperedError, UpdateRolledBackError, UpdateExpiredError, UpdateMixedUpError)
    assert len({kind.sentence for kind in kinds}) == len({kind.code for kind in kinds}) == 4


def test_nothing_is_asked_where_updates_are_off(desk):
    service = desk.agent(enabled=False)
    for asked in (service.check, service.download):
        with pytest.raises(UpdatesOffError):
            asyncio.run(asked())
    asyncio.run(service.run())  # ends at once
    assert not (desk.folder / "agent").exists()


def test_it_is_checked_once_a_day_and_not_at_the_same_time_everywhere(desk):
    desk.publish("9.0.0")

    async def first_check(service):
        found = asyncio.Event()
        desk.bus.subscribe(lambda _event: found.set())
        running = asyncio.create_task(service.run())
        await found.wait()
        running.cancel()

    asyncio.run(first_check(desk.agent()))
    assert not desk.agent()._is_due(), "also after a restart"
    desk.now += DAY - dt.timedelta(minutes=1)
    assert not desk.agent()._is_due()
    desk.now += dt.timedelta(minutes=1, seconds=JITTER_SECONDS)
    assert desk.agent()._is_due()
    desk.now -= 9 * DAY
    assert desk.agent()._is_due(), "a clock that was put back"
    assert len({desk.agent()._late for _ in range(3)}) == 3


def test_a_refusal_nobody_saw_is_kept_until_a_look_succeeds(desk):
    desk.publish("9.0.0")
    desk.repository.refresh(days=-1)

    asyncio.run(desk.agent()._check_by_itself())
    assert desk.agent().state.refusal.code == UpdateExpiredError.code
    desk.repository.refresh()
    desk.check()
    assert desk.agent().state.refusal is None


def test_without_a_network_it_is_looked_again_within_the_hour(desk):
    asyncio.run(desk.agent(url="http://127.0.0.1:9")._check_by_itself())
    assert desk.agent()._is_due()
    assert desk.agent().state.refusal is None


def test_without_a_network_it_is_said_so_and_nothing_is_lost(desk):
    desk.publish("9.0.0")
    desk.check()
    with pytest.raises(UpdateUnreachableError):
        asyncio.run(desk.agent(url="http://127.0.0.1:9").check())
    assert desk.agent().state.release.version == "9.0.0"


def test_the_keys_are_not_served(desk):
    for path in ("/keys/root.pem", "/metadata/../keys/root.pem", "/"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(desk.address + path)


def test_downloading_without_a_newer_version_says_so(desk):
    with pytest.raises(NoUpdateError):
        asyncio.run(desk.agent().download())


def test_versions_are_compared_by_their_numbers():
    assert is_newer("0.10.0", "0.9.9")
    assert not is_newer("0.1.0", "0.1.0")
    assert not is_newer("latest", "0.1.0")
