"""Running the sandbox: three uvicorn servers on the loopback interface in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec
import uvicorn
from starlette.types import ASGIApp

from agent.ground import held_files
from sandbox.authority.ca import Authority
from sandbox.authority.key_centre import key_centre_signer
from sandbox.authority.ledger import Ledger
from sandbox.authority.review import Review
from sandbox.authority.rules.behaviour import Issuing, Rules
from sandbox.authority.rules.days import utc_now
from sandbox.authority.sms import Outbox
from sandbox.authority.store import Store
from sandbox.faults.faulty_app import FaultyApp
from sandbox.faults.planning import Faults
from sandbox.faults.spoilt_keys import KeySpoiler
from sandbox.home import Home, RunningSandbox, SandboxError, write_file
from sandbox.reviewer.access import Access
from sandbox.reviewer.app import Reviewer
from sandbox.reviewer.dossier import Dossiers
from sandbox.server.app import authority_app, portal_app

_LOOPBACK = "127.0.0.1"
_SHUTDOWN_SECONDS = 2


@dataclass(frozen=True)
class Ports:
    """Where to listen; 0 lets the system choose."""

    authority: int
    portal: int
    review: int


def serve(
    home: Home, rules: Rules, ports: Ports, when_ready: Callable[[RunningSandbox], None]
) -> None:
    """Serve until SIGINT or SIGTERM; ``sandbox.json`` is there while, and only while, it serves.

    ``when_ready`` is called once both addresses answer.

    Raises:
        SandboxError: a port is taken, or the home cannot be used.
    """
    authority = Authority.opened(home, utc_now(), rules.issuing)
    if rules.issuing is Issuing.SM2 or "sm2" in rules.policy.new_key_types:
        authority = authority.with_sm2_root()
    write_file(home.tls, authority.tls_identity(utc_now()))
    signer = key_centre_signer(home, authority, utc_now())
    store = Store(home.database)
    access, outbox = Access(), Outbox(home.outbox, echo=True)
    with (
        _listening(ports.authority) as secure,
        _listening(ports.portal) as plain,
        _listening(ports.review) as desk,
    ):
        port = secure.getsockname()[1]
        # A client may know this host by either name, and binds its manifest to the one it knows.
        audiences = frozenset({f"https://{_LOOPBACK}:{port}", f"https://localhost:{port}"})
        running = RunningSandbox(
            url=f"https://{_LOOPBACK}:{port}",
            portal_url=f"http://localhost:{plain.getsockname()[1]}/portal/",
            review_url=f"http://localhost:{desk.getsockname()[1]}/",
            review_token=access.token,
            pid=os.getpid(),
        )
        ledger = Ledger(store, replace(rules, audiences=audiences))
        app: ASGIApp = authority_app(ledger, authority, signer, outbox)
        if rules.faults:
            app = FaultyApp(app, Faults(store), KeySpoiler(store, signer))
        servers = [
            (_tls_server(app, home), secure),
            (_Server(_config(portal_app(authority))), plain),
            (_Server(_config(_review_app(ledger, outbox, access))), desk),
        ]
        asyncio.run(_run(servers, home, running, when_ready))


def _review_app(ledger: Ledger, outbox: Outbox, access: Access) -> ASGIApp:
    return Reviewer(Review(ledger), Dossiers(ledger), outbox, access).app()


class _Server(uvicorn.Server):
    """A uvicorn server that tells when it is up, and leaves signals to the one who runs two."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _tls_server(app: ASGIApp, home: Home) -> _Server:
    config = _config(app)
    config.ssl_certfile = str(home.tls)
    return _Server(config)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise SandboxError(f"cannot listen on port {port}: {error.strerror}") from error
    with listener:
        yield listener


async def _run(
    servers: list[tuple[_Server, socket.socket]],
    home: Home,
    running: RunningSandbox,
    when_ready: Callable[[RunningSandbox], None],
) -> None:
    _stop_on_signals([server for server, _ in servers])
    try:
        async with asyncio.TaskGroup() as tasks:
            for server, listener in servers:
                tasks.create_task(server.serve(sockets=[listener]))
            tasks.create_task(_announce(servers, home, running, when_ready))
    finally:
        held_files.remove(home.running)


async def _announce(
    servers: list[tuple[_Server, socket.socket]],
    home: Home,
    running: RunningSandbox,
    when_ready: Callable[[RunningSandbox], None],
) -> None:
    for server, _ in servers:
        await server.up.wait()
    write_file(home.running, msgspec.json.encode(running))
    when_ready(running)


def _stop_on_signals(servers: list[_Server]) -> None:
    def stop(_signal: int, _frame: object) -> None:
        for server in servers:
            server.should_exit = True

    # signal.signal, not the loop's handlers, which Windows lacks.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
