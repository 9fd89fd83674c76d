"""Other programs use the token too: neither side fails, and who keeps it to itself is told of."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from sandbox.desk.desk import Desk

_HOLD = """
import sys
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, readers = scard.SCardListReaders(context, [])
code, *_ = scard.SCardConnect(context, readers[0], scard.SCARD_SHARE_EXCLUSIVE, 3)
print(code, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def agent(usb, issued_tokens, short_folder):
    """An agent that serves OpenSC alone, with the token ``one`` plugged in."""
    shutil.copytree(issued_tokens, usb.home.folder / "usb-tokens")
    usb.plug("one")
    usb.wait_for_serials(usb.listed()["one"]["serial"])
    folder = short_folder / "agent"
    folder.mkdir()
    (folder / "config.toml").write_text(
        f"poll_seconds = 3600\n[[module]]\npath = {json.dumps(usb.module)}\n"
        "[reminders]\nnotifications = false\n"
    )
    with Desk(folder, environment={"XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}) as desk:
        desk.start_agent("--no-tray")
        yield desk


def test_pkcs11_tool_in_a_loop_beside_the_agent_disturbs_neither(usb, agent):
    rounds, failures, ended = [], [], threading.Event()

    def loop():
        while not ended.is_set():
            done = subprocess.run(
                ["pkcs11-tool", "--module", usb.module, "--list-objects", "--type", "cert"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            rounds.append(done.stdout.count("Certificate Object"))
            if done.returncode:
                failures.append(done.stderr)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        with agent.client() as client:
            for _ in range(40):
                answer = client.call("tokens.list", {"refresh": True})
                assert answer["problems"] == []
                [token] = answer["tokens"]
                assert len(token["certificates"]) >= 2
    finally:
        ended.set()
        thread.join()
    assert failures == []
    assert len(rounds) > 3
    assert min(rounds) >= 2


def test_a_token_another_program_keeps_to_itself_is_told_of_and_read_when_it_is_free(agent):
    with agent.client() as client, agent.client() as listener:
        [token] = client.call("tokens.list")["tokens"]
        listener.call("events.subscribe")
        assert _checked(client)["token"] == "ok"
        with _holder() as holder:
            held = _checked(client)
            assert (held["others"], held["token"], held["smart_cards"]) == (
                "failed",
                "failed",
                "ok",
            )
            answer = client.call("tokens.list", {"refresh": True})
            assert [problem["code"] for problem in answer["problems"]] == ["token_held"]
            assert "独占" in answer["problems"][0]["message_zh"]
            # It is still plugged in, and was not pulled out.
            assert answer["tokens"] == [token]
            holder.stdin.close()
        events = listener.notifications()
        seen = [next(events)["params"]["event"] for _ in range(2)]
        assert seen == ["tokens_changed", "tokens_changed"]
        answer = client.call("tokens.list")
        assert (answer["tokens"], answer["problems"]) == ([token], [])


def _checked(client):
    """Return the state of each check about the token, which all other programs may use too."""
    names = ["others", "token", "smart_cards"]
    items = client.call("checks.run", {"names": names})["items"]
    return {item["name"]: item["state"] for item in items}


@contextlib.contextmanager
def _holder():
    """Another program that has the card to itself; it is tried until the agent has let go of it."""
    deadline = time.monotonic() + 30
    while True:
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            if process.stdout.readline() == "0\n":
                yield process
                return
            process.stdin.close()
        assert time.monotonic() < deadline, "the agent never lets go of the card"
