"""A TLS server that answers with the bytes a test gives it, for what no real authority does."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from certificate_maker import china, ec_key, make_x509, name
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.renewals.authorities.ra import RaAuthority
from agent.settings.config import AuthoritySettings

Manner = Callable[[Callable[[bytes], None]], None]
"""Sends as it likes by what it is given, until that raises since nobody listens any more."""
CA_NAME = name(organisation="Test Root")
_SAN = "2.5.29.17"


def root(key: str = "root") -> x509.Certificate:
    return make_x509(
        key=ec_key(key), issuer_key=ec_key(key), subject=CA_NAME, issuer=CA_NAME, is_ca=True,
        usage=frozenset({"key_cert_sign"}), not_after=china("2099-01-01 00:00:00"),
    )  # fmt: skip


def server_identity(
    folder: Path, *, root_key: str = "root", host: str = "127.0.0.1", not_after: str = "2099-01-01"
) -> Path:
    """Write the server's key and certificate, for ``host``, and return their file."""
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    certificate = make_x509(
        key=ec_key("tls"), issuer_key=ec_key(root_key), issuer=CA_NAME,
        subject=name(common_name=host), not_after=china(f"{not_after} 00:00:00"),
        extensions={_SAN: address.public_bytes()},
    )  # fmt: skip
    file = folder / f"tls-{root_key}-{host}-{not_after}.pem"
    key = ec_key("tls").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key + certificate.public_bytes(Encoding.PEM))
    return file


class Server:
    """A server in a thread of its own, and the requests it got."""

    def __init__(self, identity: Path | None, answer: bytes | Manner) -> None:
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []
        self._answer = answer
        self._tls = None
        if identity is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(identity)
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if identity else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # of the listener that was closed
            while True:
                connection, _ = self._listener.accept()
                with contextlib.suppress(OSError), connection:
                    connection.settimeout(5)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        if self._tls is None:  # what comes need not be HTTP
            request = connection.recv(65536)
            while (more := _missing(request)) and (part := connection.recv(more)):
                request += part
            self.requests.append(request)
            self._say(connection)
            return
        with self._tls.wrap_socket(connection, server_side=True) as secured:
            self._exchange(secured)

    def _exchange(self, connection: socket.socket) -> None:
        request = connection.makefile("rb")
        headers = b"".join(iter(request.readline, b"\r\n"))
        if headers:
            self.requests.append(headers)
        length = re.search(rb"content-length: (\d+)", headers.lower())
        self.bodies.append(request.read(int(length[1]) if length else 0))
        self._say(connection)

    def _say(self, connection: socket.socket) -> None:
        if isinstance(self._answer, bytes):
            connection.sendall(self._answer)
        else:
            self._answer(connection.sendall)


def _missing(request: bytes) -> int:
    """Return how many bytes of an HTTP request's body have not come yet."""
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return max(0, int(length[1]) - len(body)) if length else 0


def one_after_the_other(*answers: bytes) -> Manner:
    """Give each answer once, the last for ever."""
    left = list(answers)
    return lambda send: send(left.pop(0) if len(left) > 1 else left[0])


@contextlib.contextmanager
def serving(identity: Path | None, answer: bytes | Manner) -> Iterator[Server]:
    """Serve ``answer``, or what a callable sends, to each request; without an identity in plain HTTP."""
    server = Server(identity, answer)
    try:
        yield server
    finally:
        server.close()


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@contextlib.asynccontextmanager
async def authority_at(url: str, folder: Path) -> AsyncIterator[RaAuthority]:
    """Give a client of the authority at ``url``, pinned to the root of these tests."""
    anchor = folder / "root.pem"
    anchor.write_bytes(root().public_bytes(Encoding.PEM))
    settings = AuthoritySettings(name="broken", issuers=(), url=url, trust_anchor=anchor)
    authority = RaAuthority(settings)
    try:
        yield authority
    finally:
        await authority.close()
