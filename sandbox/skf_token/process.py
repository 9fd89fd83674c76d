"""The process that has the tokens that are plugged in: one for a home, while any is or somebody looks.

It may be killed at any moment: what it has told is on disk, and whoever was logged in no longer is. It ends
by itself when its home is thrown away.
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
LOOK_SECONDS = 30.0
"""How often it looks whether its folder is there still: who throws a home away tells nobody."""
EXIT_RUNS_ALREADY = 4


def run(folder: Path, socket: Path) -> int:
    """Have the tokens of ``folder`` until nobody needs that; return the exit code."""
    descriptor = os.open(folder / "process.lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not try_lock(descriptor):
        return EXIT_RUNS_ALREADY
    bus = Bus(folder)
    server = Server(bus, listening(socket))
    with bus.changed:
        while _is_needed(bus):
            bus.changed.wait_for(bus.is_idle, LOOK_SECONDS)
        # Whoever comes now finds nobody, and starts another.
        socket.unlink(missing_ok=True)
        server.close()
    return 0


def _is_needed(bus: Bus) -> bool:
    """Return whether something is plugged in or somebody looks, now or in a moment; its home is there."""
    if not bus.folder.exists():
        return False
    return bool(bus.changed.wait_for(lambda: not bus.is_idle(), IDLE_SECONDS))
