"""An agent that serves OpenSC alone beside a pcscd of its own, with a virtual token in a drawer."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.desk.desk import Desk, Holder
from sandbox.usb_token.opensc import opensc_module
from sandbox.usb_token.own_pcscd import own_pcscd

TOKEN = "usbkey"


@contextmanager
def usb_desk() -> Iterator[Desk]:
    """Give a desk whose agent runs; its token has been issued and lies beside it."""
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name, own_pcscd():
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        (folder / "config.toml").write_text(
            f"[[module]]\npath = {json.dumps(os.fspath(opensc_module()))}\n"
            "[reminders]\nnotifications = false\n"
        )
        holder = Holder()
        with Desk(folder, environment={"XDG_RUNTIME_DIR": str(runtime)}) as desk:
            desk.run(
                "sandbox", "issue-token", "--usb-token", TOKEN, "--pin-stdin",
                "--organisation", holder.organisation, "--uscc", holder.uscc,
                "--expired-days", "961", stdin=f"{holder.pin}\n".encode(),
            )  # fmt: skip
            pull(desk)
            desk.start_agent("--no-tray")
            with desk.client() as client:
                client.call("tokens.list")
            try:
                yield desk
            finally:
                pull(desk)


def plug(desk: Desk) -> None:
    """Plug the token in."""
    desk.run("sandbox", "usb-token", "plug", TOKEN)


def pull(desk: Desk) -> None:
    """Pull the token out, where it is plugged in."""
    listed = json.loads(desk.run("sandbox", "usb-token", "list", "--json"))
    if any(token["port"] is not None for token in listed):
        desk.run("sandbox", "usb-token", "pull", TOKEN)
