"""One agent with all that wears it: a reader with a card, a screen, tokens to renew and their authority."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from display import Desktop, desktop

from agent.api.client import Client
from agent.system.runtime import CONTROL_SOCKET, runtime_folder
from agent.system.starting import connect
from bench.windows import Screen
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import ISSUER, SOFTHSM, Desk, Holder
from sandbox.usb_token.drawer import DEFAULT_NAME, Drawer
from sandbox.usb_token.opensc import opensc_module
from sandbox.usb_token.own_pcscd import own_pcscd

PATIENCE_SECONDS = 120.0
"""How long anything may take that the agent is asked for, on a machine that is worn as well."""
OTHER = Holder(organisation="深圳市另一有限公司", uscc="91440300MA5DA0001J")
POLICY = """\
approve_after_seconds = 0.1
sms_interval_seconds = 0
retry_after_seconds = 0
[policy]
encryption_certificate = true
licence = true
"""


@dataclass(frozen=True)
class SoakDesk:
    """Where the loads find what they work with."""

    desk: Desk
    agent: int
    """The agent's process id."""
    screen: Screen
    expired: str
    """The certificate whose renewal needs a dossier, by its thumbprint."""
    ending: str
    """One that is renewed without."""
    temporary: Path
    """The TMPDIR of the agent and of all it starts."""
    runtime: Path
    """The folder of its sockets."""
    _fresh: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the agent, and what it starts, may leave files."""
        data, logs = (self.desk.folder / name for name in ("data", "logs"))
        return data, logs, self.runtime, self.temporary

    @property
    def card(self) -> Path:
        """What the card remembers while it lies beside the reader."""
        return self.desk.home.folder / "usb-tokens" / f"{DEFAULT_NAME}.json"

    def client(self, socket: str = CONTROL_SOCKET) -> Client:
        """Connect to the agent; who waits too long for it fails."""
        connection = connect(socket, start=False, folder=runtime_folder(self.desk.environment))
        connection.settimeout(PATIENCE_SECONDS)
        return Client(connection, "soak")

    def start_over(self) -> None:
        """Have tokens and authority know nothing of the last renewal, so that it can be done again."""
        _copy_database(self._fresh / "authority.sqlite3", self.desk.home.database)
        _give_tokens(self.desk.token_configuration.parent, self._fresh / "tokens")


@contextlib.contextmanager
def soak_desk(folder: Path) -> Iterator[SoakDesk]:
    """Give a desk whose agent runs, in a folder with a short name."""
    home, runtime, temporary = (folder / name for name in ("odc", "run", "tmp"))
    for made in (home, runtime, temporary):
        made.mkdir(mode=0o700)
    with own_pcscd(), desktop(panel=False, notifications="") as server, _screen(server) as screen:
        environment = {
            **server.environment,
            "XDG_RUNTIME_DIR": str(runtime),
            "TMPDIR": str(temporary),
            "ODC_LANGUAGE": "zh_CN",
        }
        with Desk(home, environment=environment) as desk:
            expired, ending = _issue(desk)
            fresh = folder / "fresh"
            _start_authority(desk, fresh)
            yield SoakDesk(
                desk=desk,
                agent=desk.start_agent("--no-tray").pid,
                screen=screen,
                expired=expired,
                ending=ending,
                temporary=temporary,
                runtime=runtime,
                _fresh=fresh,
            )


@contextlib.contextmanager
def _screen(server: Desktop) -> Iterator[Screen]:
    screen = Screen(server.environment["DISPLAY"])
    try:
        yield screen
    finally:
        screen.leave()


def _issue(desk: Desk) -> tuple[str, str]:
    """Issue the card and two software tokens; return what is to be renewed on these."""
    holder = Holder()
    desk.run(
        "sandbox", "issue-token", "--usb-token", DEFAULT_NAME, "--expired-days", "30", "--pin-stdin",
        "--organisation", holder.organisation, "--uscc", holder.uscc,
        stdin=f"{holder.pin}\n".encode(),
    )  # fmt: skip
    Drawer(desk.home).pull(DEFAULT_NAME)
    expired = desk.issue_token("--expired-days", "961", holder=holder)
    ending = desk.issue_token("--valid-days", "30", holder=OTHER)
    return expired["signing_sha256"], ending["signing_sha256"]


def _start_authority(desk: Desk, fresh: Path) -> None:
    """Start it and tell the agent of it; keep what it and the tokens are like before any renewal."""
    fresh.mkdir()
    policy = fresh / "policy.toml"
    policy.write_text(POLICY, "utf-8")
    running = desk.start_authority("--policy", os.fspath(policy))
    write_sample_dossier(desk.dossier)
    _copy_database(desk.home.database, fresh / "authority.sqlite3")
    folder = desk.token_configuration.parent
    (folder / "tokens").rename(fresh / "tokens")
    _give_tokens(folder, fresh / "tokens")
    _configure(desk, running.url)


def _configure(desk: Desk, url: str) -> None:
    """Have the agent serve card and tokens; software tokens are looked at when there is a reason to."""
    configuration = json.dumps(os.fspath(desk.token_configuration))
    (desk.folder / "config.toml").write_text(
        "poll_seconds = 3600\n"
        f"[[module]]\npath = {json.dumps(os.fspath(opensc_module()))}\n"
        f"[[module]]\npath = {json.dumps(SOFTHSM)}\n"
        f"environment = {{SOFTHSM2_CONF = {configuration}}}\n"
        f'[[authority]]\nname = "沙盒"\nissuers = [{json.dumps(ISSUER)}]\n'
        f'url = {json.dumps(url)}\ntrust_anchor = "sandbox/ca.pem"\n'
        '[browser]\nallow = ["https://www.allowed-*.example"]\n'
        "[reminders]\nnotifications = false\n",
        encoding="utf-8",
    )


def _give_tokens(folder: Path, fresh: Path) -> None:
    """Put a copy of ``fresh`` where SoftHSM looks; nobody ever finds half of it there."""
    link, turned = folder / "tokens", folder / "turned"
    old = link.resolve() if link.is_symlink() else None
    new = folder / ("even" if old is not None and old.name == "odd" else "odd")
    shutil.copytree(fresh, new)
    turned.symlink_to(new.name)
    turned.replace(link)
    if old is not None:
        shutil.rmtree(old)


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source)) as original,
        contextlib.closing(sqlite3.connect(target, timeout=PATIENCE_SECONDS)) as copy,
    ):
        original.backup(copy)
