"""Whatever a stranger's tokens hold, no turn of the agent's loop is long: threads do what grows with it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from types import SimpleNamespace

import pytest
from api_desk import ALLOWED
from certificate_maker import china, make_der, name
from loop_turns import Turns, seconds_of
from test_look_alikes import COUNT, KINDS, facts, look_alikes

from agent.api.client import Client
from agent.certificates.model import CertificateUse
from agent.certificates.parsing import parse_certificate
from agent.reminders.rules import Later
from agent.system.runtime import BROWSER_SOCKET, CONTROL_SOCKET, runtime_folder
from agent.tokens.model import CertificateObject, ModuleContent, ModuleSettings, TokenContent
from agent.tokens.reading import ModuleReader

ROUNDS = 3
UNIT = 50
"""Certificates whose parsing takes as long as a turn of the loop may: ten milliseconds of a quiet machine."""


def numbered(template: bytes, count: int = COUNT) -> list[bytes]:
    """Return certificates that differ in the four digits which the template has as ####."""
    return [template.replace(b"####", b"%04d" % number) for number in range(count)]


def of_subjects(not_after: str = "2034-01-01 00:00:00", **options) -> list[bytes]:
    """Return certificates of as many subjects."""
    return numbered(
        make_der(subject=name(organisation="Org ####"), not_after=china(not_after), **options)
    )


def of_issuers(not_after: str) -> list[bytes]:
    """Return certificates of one subject, by as many issuers."""
    return numbered(
        make_der(
            subject=name(organisation="One"),
            issuer=name(organisation="CA ####"),
            not_after=china(not_after),
        )
    )


MANY = {
    **{f"look-alikes: {kind}": lambda f, make=make: look_alikes(make(f)) for kind, make in KINDS.items()},
    "subjects": lambda _: of_subjects(),
    "subjects, all due": lambda _: of_subjects("2025-03-17 00:00:00"),
    "issuers": lambda _: of_issuers("2034-01-01 00:00:00"),
    "issuers, all run out": lambda _: of_issuers("2025-03-01 00:00:00"),
    "unreadable": lambda _: numbered(b"#### is no certificate"),
}  # fmt: skip
CHECKS = ("token", "pin", "certificates", "keys", "chain")


@pytest.fixture(params=MANY)
def ders(request, tmp_path):
    return MANY[request.param](tmp_path)


class Reader(ModuleReader):
    """Reads a module that answers at once."""

    def __init__(self, ders: list[bytes]) -> None:
        super().__init__(ModuleSettings(path="m.so"))
        self.shows(ders)
        self.worker = SimpleNamespace(
            content=self._answer, doubt=bool, close=self._close, restarts=0, retry_after=None
        )

    def shows(self, ders: list[bytes] | None) -> None:
        """Have one token with these; none where there are none."""
        certificates = tuple(
            CertificateObject(value=der, key=b"\1", label="", has_private_key=None)
            for der in ders or ()
        )
        token = TokenContent(facts=facts(), certificates=certificates)
        self._content_now = ModuleContent(tokens=() if ders is None else (token,))

    async def _answer(self) -> ModuleContent:
        return self._content_now

    async def _close(self) -> None:
        """Have no process to end."""


class Clients:
    """Clients in threads: what they do with an answer is not done in the agent's loop."""

    def __init__(self) -> None:
        self._clients = {name: self._connected(name) for name in (CONTROL_SOCKET, BROWSER_SOCKET)}

    def _connected(self, name: str) -> Client:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(runtime_folder() / name))
        return Client(connection, "test")

    def call(self, method: str, params: dict | None = None):
        kind = BROWSER_SOCKET if method.startswith("browser.") else CONTROL_SOCKET
        return self._clients[kind].call(method, params or {})

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


async def everything_about(desk, reader) -> None:
    """Have the token read, told of, listed, checked, asked for by a page, put off and pulled out."""
    clients = await asyncio.to_thread(Clients)
    with contextlib.closing(clients):
        await _everything(desk, reader, clients)


async def _everything(desk, reader, clients) -> None:
    async def call(method, params=None):
        return await asyncio.to_thread(clients.call, method, params)

    await call("events.subscribe")
    await desk.inventory.read(reader)
    await desk.inventory.read(reader)
    await asyncio.to_thread(_until, lambda: desk.reminders._next is None)
    status = await call("agent.status")
    assert status["certificates"] in (COUNT, 0)
    await call("tokens.list")
    await call("tokens.list", {"refresh": True})
    await call("modules.list", {"refresh": False})
    await call("reminders.list")
    await call("checks.run", {"names": CHECKS})
    await call("browser.overview")
    await call("browser.certificates", {"origin": ALLOWED})
    use = SimpleNamespace(
        certificate_use=CertificateUse.SIGNING, refuses=lambda *_: None, thumbprint=None
    )
    await desk.portal_signing.candidates(use)
    desk.reminders.put_off(list(desk.reminders.raised), Later.NEVER)
    await call("reminders.silenced")
    reader.shows(None)
    await desk.inventory.read(reader)
    await call("tokens.list")


def _until(condition) -> None:
    while not condition():
        time.sleep(0.01)


async def test_no_turn_of_the_loop_is_long(desk, ders):
    readable, longest, unit = make_der(), [], 0.0
    for _ in range(ROUNDS):  # what else the machine does makes a turn longer, never shorter
        unit = max(unit, seconds_of(lambda: [parse_certificate(readable) for _ in range(UNIT)]))
        reader = Reader(ders)
        desk.inventory.readers = (reader,)
        with Turns() as turns:
            await everything_about(desk, reader)
        longest.append(turns.longest)
        if longest[-1].seconds < unit:
            return
    pytest.fail(f"{longest} where {unit} is allowed")
