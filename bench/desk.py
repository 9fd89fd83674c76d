"""A desk to measure at: authority, token and agent in a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.desk.desk import Desk


@contextmanager
def running_desk() -> Iterator[Desk]:
    """Give a desk whose agent runs and has an expired token."""
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        folder = Path(name) / "odc"
        folder.mkdir()
        runtime = Path(name) / "run"
        runtime.mkdir(mode=0o700)
        with Desk(folder, environment={"XDG_RUNTIME_DIR": str(runtime)}) as desk:
            url = desk.start_authority().url
            desk.issue_token("--expired-days", "961")
            desk.configure_agent(url, extra="[reminders]\nnotifications = false\n")
            desk.start_agent("--no-tray")
            with desk.client() as client:
                client.call("tokens.list", {"refresh": True})
            yield desk
