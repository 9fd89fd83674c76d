"""From the insertion of a token to the agent's event, beside a bare PC/SC monitor in the same run.

The monitor says when PC/SC knew of the card; until then nobody can know. The agent's event comes when the
token has been read, with its certificates in it.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench.tables import print_times
from bench.usb_desk import plug, pull, usb_desk

ROUNDS = 20

_MONITOR = """
import sys, time
from smartcard import scard

_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, readers = scard.SCardListReaders(context, [])
states = {reader: scard.SCARD_STATE_UNAWARE for reader in readers}
while True:
    _, seen = scard.SCardGetStatusChange(context, scard.INFINITE, list(states.items()))
    now = time.monotonic()
    for name, state, _atr in seen:
        was, states[name] = states[name], state & ~scard.SCARD_STATE_CHANGED
        if state & scard.SCARD_STATE_PRESENT and not was & scard.SCARD_STATE_PRESENT:
            print(now, flush=True)
"""


def main() -> None:
    """Print how long after PC/SC, and after the act itself, the agent told of the token."""
    known, told, behind = [], [], []
    monitor_command = [sys.executable, "-c", _MONITOR]
    with (
        usb_desk() as desk,
        desk.client() as client,
        subprocess.Popen(monitor_command, stdout=subprocess.PIPE, text=True) as monitor,
    ):
        assert monitor.stdout is not None
        client.call("events.subscribe")
        events = client.notifications()
        for _ in range(ROUNDS):
            time.sleep(0.5)  # the agent and pcscd are at rest
            started = time.monotonic()
            plug(desk)
            seen = float(monitor.stdout.readline())
            while next(events)["params"]["event"] != "token_inserted":
                pass
            arrived = time.monotonic()
            known.append((seen - started) * 1000)
            told.append((arrived - started) * 1000)
            behind.append((arrived - seen) * 1000)
            pull(desk)
        monitor.kill()
    print_times(
        f"insertion, {ROUNDS} rounds",
        {
            "PC/SC's event, bare monitor (from the command's start)": known,
            "token_inserted with its certificates, local API": told,
            "the agent behind the monitor": behind,
        },
    )
