"""``odc-agent run --no-tray`` with trouble planned, started by a fork of a process that has it loaded.

A renewal is run many hundred times; importing the agent anew would take most of the time. Each start
is a process of its own all the same, and ends like one when it is killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import json
import os
import signal
import sys
from pathlib import Path

from chaos_points import Case
from chaos_striker import Striker
from chaos_watch import watch

import agent.building.whole  # noqa: F401 - loaded once for all starts
from agent.app import Agent
from agent.settings.service import Settings
from agent.system.lock import AgentLock
from agent.system.logs import set_up_logging
from agent.system.paths import find_paths
from sandbox.home import Home
from sandbox.skf_token.control import Pull, ask
from sandbox.skf_token.sockets import connected
from sandbox.usb_token.drawer import Drawer

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

IMPATIENCE = {
    "agent.renewals.steps.pacing.FIRST_BACKOFF_SECONDS": 0.1,
    "agent.renewals.steps.pacing.MAX_BACKOFF_SECONDS": 0.5,
    "agent.renewals.steps.reviewing.STILL_OPEN_SECONDS": 0.3,
    "agent.renewals.authorities.http.MIN_RETRY_SECONDS": 0.1,
    "agent.renewals.authorities.http.DEFAULT_RETRY_SECONDS": 0.3,
    "agent.renewals.authorities.cmp.talk.DEFAULT_RETRY_SECONDS": 0.3,
}
"""Pauses of the agent that here are short; nothing else about it is different."""


def run_agent(order: dict[str, str]) -> None:
    """Run the agent until it is told to end; ``order`` says how (see :class:`chaos_desk.Zygote`)."""
    _be_less_patient()
    paths = find_paths()
    striker = Striker(
        Path(order["folder"]),
        Case.decode(order["case"]) if order["case"] else None,
        authority=Path(order["authority"]),
        pull=lambda: pull_out(order),
    )
    watch(striker, paths.data)
    with AgentLock(paths.lock):
        set_up_logging(paths.logs, to_stderr=False)
        agent = Agent(Settings(paths), paths, has_tray=False, clock=striker.clock)
        asyncio.run(agent.run())


def pull_out(order: dict[str, str]) -> None:
    """Take the token away while whoever uses it uses it."""
    if order["skf"]:
        with connected(order["skf"]) as connection:
            ask(connection, Pull("key"))
        return
    if order["card"]:
        Drawer(Home(Path(order["token"]))).pull(order["card"])
        return
    tokens = Path(order["token"])
    tokens.rename(tokens.with_name("pulled"))
    tokens.mkdir()


def _be_less_patient() -> None:
    for name, value in IMPATIENCE.items():
        module, _, constant = name.rpartition(".")
        loaded = importlib.import_module(module)
        assert hasattr(loaded, constant), name
        setattr(loaded, constant, value)


def _become(order: dict[str, str]) -> None:
    """In the fork: take on what a process of its own would have been started with."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.setsid()
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(output, standard)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.environ.update(json.loads(order["environment"]))


def main() -> None:
    """Fork for each order, a line of JSON on standard input, and print the child's process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children here
    _load()
    print("ready", flush=True)
    while line := sys.stdin.buffer.raw.readline():
        order = json.loads(line)
        child = os.fork()
        if child:
            print(child, flush=True)
            continue
        try:
            _become(order)
            run_agent(order)
        except BaseException:  # noqa: BLE001 - whatever it is, the fork must end here
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)


def _load() -> None:
    """Import what the agent imports only when it needs it."""
    for module in ("ra", "est", "cmp.enrolment", "cmp.signed_enrolment"):
        importlib.import_module(f"agent.renewals.authorities.{module}")


if __name__ == "__main__":
    main()
