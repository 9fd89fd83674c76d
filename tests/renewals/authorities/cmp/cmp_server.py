"""A CMP server that answers each message in the manner a test says, over plain HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from cmp_desk import CA, SECRET, der, issued

from agent.keys.der_writing import integer
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import CertificateAnswer, Later, Status, StatusInfo
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    Header,
    Message,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.protection import SharedSecret

Manner = Callable[[Message], bytes | None]
"""What is answered to a message; None: nothing, the connection is closed."""
ID = integer(0)


def reply(asked: Message, **facts: object) -> Header:
    values = {
        "transaction": asked.header.transaction,
        "answers": asked.header.nonce,
        "nonce": b"s" * 16,
    }
    return Header(**{**values, **facts})


def says(kind: BodyKind, body: bytes, secret: SharedSecret = SECRET, **facts: object) -> Manner:
    return lambda asked: secret.protected(reply(asked, **facts), kind, body)


def says_unprotected(kind: BodyKind, body: bytes) -> Manner:
    return lambda asked: written(protected_part(reply(asked), kind, body), b"")


def cp(info: StatusInfo, certificate: bytes = b"") -> bytes:
    return CertificateAnswer(request_id=ID, info=info, certificate=certificate).der


def error(text: str = "no", *failures: str) -> bytes:
    return bodies.error_content(StatusInfo(text=text, failures=frozenset(failures)))


CERTIFICATE = der(issued())
WAITING = says(BodyKind.CP, cp(StatusInfo(status=Status.WAITING)))
ISSUED = says(BodyKind.CP, cp(StatusInfo(status=Status.ACCEPTED), CERTIFICATE))
CONFIRMED = says(BodyKind.PKICONF, bodies.PKICONF)
ANCHOR = CA


def later(seconds: int) -> Manner:
    return says(BodyKind.POLL_REP, Later(ID, seconds).der)


def lost(_asked: Message) -> None:
    """The message arrived; its answer does not."""


@dataclass
class CmpServer:
    """What it was asked, and where."""

    manners: list[Manner]
    asked: list[Message] = field(default_factory=list)
    url: str = ""
    heads: list[bytes] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        return [message.kind.name for message in self.asked]

    @property
    def transactions(self) -> list[bytes]:
        """Those it has heard of, in their order."""
        return list(dict.fromkeys(message.header.transaction for message in self.asked))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            length = re.search(rb"(?i)content-length: (\d+)", head)
            message = read_message(await reader.readexactly(int(length[1])))
            self.asked.append(message)
            said = self.manners.pop(0)(message)
            if said is not None:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(said) + said)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def cmp_server(*manners: Manner) -> AsyncIterator[CmpServer]:
    """Give a server that answers with each of ``manners`` once."""
    server = CmpServer(list(manners))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
