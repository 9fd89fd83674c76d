"""The process that has the tokens that are plugged in: one for a home, while any is or somebody looks.

It may be killed at any moment: what it has told is on disk, and whoever was logged in no longer is.
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.locking import try_lock
from sandbox.skf_token.bus import Bus
from sandbox.skf_token.server import Server
from sandbox.skf_token.sockets import listening

IDLE_SECONDS = 3.0
"""How long it stays when nothing is plugged in and nobody looks: a command may be about to plug."""
EXIT_RUNS_ALREADY = 4


def run(folder: Path, socket: Path) -> int:
    """Have the tokens of ``folder`` until nobody needs that; return the exit code."""
    descriptor = os.open(folder / "process.lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not try_lock(descriptor):
        return EXIT_RUNS_ALREADY
    bus = Bus(folder)
    server = Server(bus, listening(socket))
    with bus.changed:
        bus.changed.wait_for(bus.is_idle)
        while bus.changed.wait_for(lambda: not bus.is_idle(), IDLE_SECONDS):
            bus.changed.wait_for(bus.is_idle)
        # Whoever comes now finds nobody, and starts another.
        socket.unlink(missing_ok=True)
        server.close()
    return 0
