"""Tokens that speak SKF: listing, insertion, rest, beside a bare client in C of the same library.

The token's own process takes most of the time: the client shows how much, in the same run.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.idle import SECONDS, SETTLE_SECONDS, use_of
from bench.memory import memory, processes_of
from bench.skf_listing import CONTAINERS, print_listing, running
from bench.skf_tokens import NAMES, make_tokens
from bench.tables import print_times
from sandbox.desk.desk import Desk
from sandbox.skf_token.building import library
from sandbox.skf_token.drawer import Drawer
from sandbox.usb_token.own_pcscd import own_pcscd

ROUNDS = 20


def main() -> None:
    """Print all three tables."""
    with _desk() as (desk, drawer):
        client = _compiled(desk.folder)
        for name in NAMES:
            drawer.plug(name)
        print_listing(desk, drawer, client)
        for name in NAMES[1:]:
            drawer.pull(name)
        _insert(desk, drawer, client)
        _rest(desk)


def _insert(desk: Desk, drawer: Drawer, client: list[str]) -> None:
    told, behind = [], []
    name = NAMES[0]
    drawer.pull(name)
    with desk.client() as agent, running([*client, "wait"], desk) as bare:
        assert bare.stdout is not None
        agent.call("events.subscribe")
        events = agent.notifications()
        for _ in range(ROUNDS):
            time.sleep(0.5)  # the agent and the token's process are at rest
            started = time.monotonic()
            drawer.plug(name)
            while next(events)["params"]["event"] != "token_inserted":
                pass
            arrived = time.monotonic()
            seen = float(bare.stdout.readline())
            told.append((arrived - started) * 1000)
            behind.append((arrived - seen) * 1000)
            drawer.pull(name)
        drawer.plug(name)
    print_times(
        f"insertion of an SKF token, {ROUNDS} rounds",
        {
            "token_inserted with its certificates, local API": told,
            "the agent behind SKF_WaitForDevEvent of the C client": behind,
        },
    )


def _rest(desk: Desk) -> None:
    time.sleep(SETTLE_SECONDS)
    ours = {name: pid for name, pid in processes_of(desk.folder).items() if "sandbox" not in name}
    before = {name: use_of([pid]) for name, pid in ours.items()}
    time.sleep(SECONDS)
    title = f"idle for {SECONDS} s, SKF token plugged in"
    print(f"\n{title:40} {'jiffies':>8} {'wake-ups':>9} {'PSS MB':>8}")
    total = 0.0
    for name, pid in ours.items():
        used, pss = use_of([pid]), memory(pid)[1]
        total += pss
        print(f"{name:40} {used.jiffies - before[name].jiffies:8d}"
              f" {used.wake_ups - before[name].wake_ups:9d} {pss:8.1f}")  # fmt: skip
    print(f"{'all':40} {'':8} {'':9} {total:8.1f}")


@contextmanager
def _desk() -> Iterator[tuple[Desk, Drawer]]:
    # Without PC/SC the agent would look for it once a minute.
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name, own_pcscd():
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        with Desk(folder, environment={"XDG_RUNTIME_DIR": str(runtime)}) as desk:
            drawer = Drawer(desk.home)
            make_tokens(drawer.folder, CONTAINERS)
            desk.environment["ODC_SKF_SOCKET"] = drawer.address
            (folder / "config.toml").write_text(
                f"poll_seconds = 3600\n[[module]]\npath = {json.dumps(str(library()))}\n"
                "[reminders]\nnotifications = false\n"
            )
            desk.start_agent("--no-tray")
            try:
                yield desk, drawer
            finally:
                for token in drawer.tokens():
                    if token.is_plugged:
                        drawer.pull(token.name)


def _compiled(folder: Path) -> list[str]:
    """Return how the client is called, once it is built."""
    program, source = folder / "skf_client", Path(__file__).with_name("skf_client.c")
    subprocess.run(["gcc", "-O1", "-Wall", "-o", program, source, "-ldl"], check=True)
    return [str(program), str(library())]
