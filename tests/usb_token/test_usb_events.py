"""Plugging in and pulling out, told by the agent as they happen: real pcscd, OpenSC, agent and command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.tokens.events.pcsc import PcscEvents
from sandbox.desk.desk import Desk

SECONDS = 30.0
"""How long anything may take before a test gives up; nothing waits for it to pass."""


class Watching:
    """``odc-agent watch --json`` as another program reads it."""

    def __init__(self, desk: Desk) -> None:
        command = [sys.executable, "-m", "agent.cli", "watch", "--json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=desk.environment
        )
        self._lines: queue.Queue[dict] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def until(self, kind: str, **wanted: str) -> dict:
        """Return the next event of a kind, passing over others."""
        while True:
            event = self._lines.get(timeout=SECONDS)
            subject = event.get("token") if isinstance(event.get("token"), dict) else event
            if event["event"] == kind and wanted.items() <= subject.items():
                return event

    def has_nothing(self, kind: str, seconds: float) -> bool:
        with contextlib.suppress(queue.Empty):
            while True:
                if self._lines.get(timeout=seconds)["event"] == kind:
                    return False
        return True

    def end(self) -> None:
        self.process.terminate()
        self._reader.join()  # at the end of the output; only then may it be closed
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture
def drawer(usb, issued_tokens):
    """The commands to handle two issued tokens, ``one`` and ``two``, that lie in the drawer."""
    shutil.copytree(issued_tokens, usb.home.folder / "usb-tokens")
    return usb


@pytest.fixture
def desk(drawer, short_folder):
    """A running agent that serves OpenSC's module alone; no module of it is polled in time."""
    folder = short_folder / "agent"
    folder.mkdir()
    (folder / "config.toml").write_text(
        f"poll_seconds = 3600\n[[module]]\npath = {json.dumps(drawer.module)}\n"
        "[reminders]\nnotifications = false\n"
    )
    with Desk(folder, environment={"XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}) as desk:
        desk.start_agent("--no-tray")
        with desk.client() as client:
            client.call("tokens.list")  # the first reading is over
        yield desk


@pytest.fixture
def watching(desk):
    watching = Watching(desk)
    try:
        yield watching
    finally:
        watching.end()


def test_a_token_is_told_of_when_it_is_plugged_in_and_pulled_out(drawer, watching):
    drawer.plug("one")
    first = watching.until("token_inserted")["token"]
    assert {certificate["use"] for certificate in first["certificates"]} >= {
        "signing",
        "encryption",
    }
    drawer.pull("one")
    assert watching.until("token_removed")["label"] == first["label"]
    drawer.plug("one")
    assert watching.until("token_inserted")["token"] == first


def test_another_card_shows_other_certificates(drawer, watching):
    drawer.plug("one")
    assert watching.until("certificate_seen")["certificate"]["organisation"] == "甲有限公司"
    drawer.pull("one")
    watching.until("token_removed")
    drawer.plug("two")
    certificate = watching.until("certificate_seen")["certificate"]
    assert (certificate["organisation"], certificate["status"]) == ("乙有限公司", "expiring")


def test_two_tokens_at_once_are_told_apart(drawer, desk, watching):
    drawer.plug("one")
    drawer.plug("two")
    tokens = [watching.until("token_inserted")["token"] for _ in range(2)]
    organisations = [{c["organisation"] for c in t["certificates"]} for t in tokens]
    assert organisations == [{"甲有限公司"}, {"乙有限公司"}]
    assert len({token["serial"] for token in tokens}) == 2
    drawer.pull("one")
    watching.until("token_removed")
    with desk.client() as client:
        [left] = client.call("tokens.list")["tokens"]
    assert left["serial"] == tokens[1]["serial"]


def test_a_pcscd_that_dies_takes_its_tokens_along_and_comes_back_with_them(drawer, pcscd, watching):
    drawer.plug("one")
    token = watching.until("token_inserted")["token"]
    for _ in range(2):
        pcscd.kill()
        watching.until("token_removed")
        pcscd.start()
        drawer.plug("one")
        assert watching.until("token_inserted")["token"] == token


def test_a_pcscd_that_is_absent_at_first_is_found_later(drawer, pcscd, desk, watching):
    pcscd.kill()
    with desk.client() as client:
        assert client.call("tokens.list", {"refresh": True})["tokens"] == []
    pcscd.start()
    drawer.plug("one")
    assert watching.until("token_inserted")["token"]["certificates"]


def test_another_program_at_the_token_is_no_event(drawer, watching):
    drawer.plug("one")
    watching.until("tokens_changed")
    for _ in range(3):
        drawer.pkcs11_tool("--list-objects")
    assert watching.has_nothing("tokens_changed", 2)


@contextlib.contextmanager
def asleep(pid):
    """No process of the agent does anything, as on a machine that is suspended."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    assert children, "the worker that holds the token"
    for process in (pid, *children):
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in (pid, *children):
            os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_tokens_that_were_swapped_while_the_machine_slept_are_told_of_when_it_wakes(
    drawer, pcscd, desk, watching, is_restarted
):
    drawer.plug("one")
    first = watching.until("token_inserted")["token"]
    with asleep(desk.processes[0].pid):
        drawer.pull("one")
        if is_restarted:  # as where waking up takes the bus's power away for a moment
            pcscd.kill()
            pcscd.start()
        drawer.plug("two")
    watching.until("token_removed", serial=first["serial"])
    second = watching.until("token_inserted")["token"]
    assert {c["organisation"] for c in second["certificates"]} == {"乙有限公司"}
    with desk.client() as client:
        [plugged] = client.call("tokens.list")["tokens"]
    assert plugged["serial"] == second["serial"]


async def test_the_source_tells_once_for_each_thing_that_happens(drawer, pcscd):
    """What is told is counted: a source that rings all the time would pass every other test."""
    told = asyncio.Queue()
    source = PcscEvents()
    running = asyncio.create_task(source.run(lambda: told.put_nowait(source.is_live)))
    try:
        assert await asyncio.wait_for(told.get(), SECONDS) is True
        for act in (drawer.plug, drawer.pull, drawer.plug):
            await asyncio.to_thread(act, "one")
            assert await asyncio.wait_for(told.get(), SECONDS) is True
        drawer.serials()  # another program opens and closes the card
        await asyncio.sleep(1)
        assert told.empty()
        pcscd.kill()
        assert await asyncio.wait_for(told.get(), SECONDS) is False
        assert told.empty()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert not [thread for thread in threading.enumerate() if thread.name == "pcsc"]
