"""From login to tray icon and first reminder, and what that costs the login, beside two other tray programs.

A login is a panel that starts on a screen and a bus of its own, and at the same moment the program: the
agent, with an expired certificate on its token, or a peer of Debian's. What came when is what a monitor
of the bus saw. All kinds are measured in turn, so that they meet the same machine; the first round, with
cold caches of this run, is not counted. ``ODC_BENCH_QUICK`` measures two rounds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.system.runtime import module_command
from bench.desk import running_desk
from bench.tables import print_times
from sandbox.desk.desk import Desk

sys.path.append(str(Path(__file__).parents[1] / "tests/desktop"))

from display import WATCHER, Desktop, desktop, start_panel

ROUNDS = 2 if os.environ.get("ODC_BENCH_QUICK") else 12
SECONDS = 60.0
ICON, NOTICE, PANEL = "RegisterStatusNotifierItem", "Notify", "NameOwnerChanged"
WATCHED = (
    f"type='method_call',member='{ICON}'",
    f"type='method_call',member='{NOTICE}'",
    f"type='signal',member='{PANEL}',arg0='{WATCHER[0]}'",
)
AGENT = "agent"
PEERS = {"solaar (Python, GTK)": ["solaar", "--window=hide"], "copyq (C++, Qt)": ["copyq"]}
NOTHING = "nothing"

Seen = dict[str, float]
"""Milliseconds from the login to what came first of each kind."""


def main() -> None:
    """Print when icon and reminder are there, and when the panel is, with and without the program."""
    peers = {name: command for name, command in PEERS.items() if shutil.which(command[0])}
    with running_desk() as desk:
        _end_agent(desk)
        _let_remind(desk)
        kinds: dict[str, list[str]] = {
            NOTHING: [],
            AGENT: module_command("agent.cli", "run"),
            **peers,
        }
        rounds: dict[str, list[Seen]] = {kind: [] for kind in kinds}
        for number in range(ROUNDS + 1):
            for kind, command in kinds.items():
                seen = _log_in(desk, command, is_agent=kind == AGENT)
                if number:
                    rounds[kind].append(seen)
    _print(rounds)


def _print(rounds: dict[str, list[Seen]]) -> None:
    icons = {f"icon: {k}": [s[ICON] for s in seen] for k, seen in rounds.items() if k != NOTHING}
    reminder = {"first reminder: agent": [seen[NOTICE] for seen in rounds[AGENT]]}
    print_times(f"from login, {ROUNDS} rounds", {**icons, **reminder})
    panels = {f"with {kind}": [s[PANEL] for s in seen] for kind, seen in rounds.items()}
    print_times("until the panel is there", panels)
    alone = statistics.median(panels[f"with {NOTHING}"])
    for name, taken in list(panels.items())[1:]:
        print(f"{name:52} {statistics.median(taken) - alone:+10.1f} ms")


def _log_in(desk: Desk, command: list[str], *, is_agent: bool) -> Seen:
    """Log in once, with a program started beside the panel, and return what came when."""
    wanted = {PANEL, *([ICON] if command else []), *([NOTICE] if is_agent else [])}
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(desktop(panel=False))
        if is_agent:
            screen.environment.update(_own(desk))
        line = stack.enter_context(_watched(screen))
        started = time.time()
        start_panel(stack, screen)
        if command:
            stack.enter_context(_running(command, screen))
        return _collect(line, wanted, started)


def _own(desk: Desk) -> dict[str, str]:
    """Return what the agent needs besides the screen; each login is the first that reminds."""
    (desk.folder / "data" / "reminders.json").unlink(missing_ok=True)
    names = ("ODC_HOME", "XDG_RUNTIME_DIR")
    return {"ODC_LANGUAGE": "zh_CN", **{name: desk.environment[name] for name in names}}


@contextlib.contextmanager
def _running(command: list[str], screen: Desktop) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=screen.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


@contextlib.contextmanager
def _watched(screen: Desktop) -> Iterator[Callable[[], str]]:
    """Give what reads a line of all that goes over the bus."""
    command = ["dbus-monitor", "--session", "--profile", *WATCHED]
    with subprocess.Popen(
        command, env=screen.environment, stdout=subprocess.PIPE, text=True
    ) as monitor:
        assert monitor.stdout is not None
        monitor.stdout.readline()  # it listens from here on
        yield monitor.stdout.readline
        monitor.terminate()


def _collect(line: Callable[[], str], wanted: set[str], started: float) -> Seen:
    """Return when each of ``wanted`` was first seen."""
    seen: Seen = {}
    while wanted - seen.keys():
        _kind, stamp, *_, name = line().rstrip("\n").split("\t")
        if name in wanted:
            seen.setdefault(name, (float(stamp) - started) * 1000)
    return seen


def _end_agent(desk: Desk) -> None:
    desk.end(desk.processes.pop())


def _let_remind(desk: Desk) -> None:
    file = desk.folder / "config.toml"
    file.write_text(file.read_text("utf-8").replace("notifications = false", ""), "utf-8")
