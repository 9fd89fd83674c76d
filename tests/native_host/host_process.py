"""The real relay as a browser starts it, and a fake of the agent's socket for fault injection."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.ground.framing import HEADER, MAX_REPLY, FrameDecoder, encode_frame

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "chrome-extension://ibaicfimpnloochnmcaflgfhaenealaa/"
START = f"import sys; sys.path.append({str(ROOT)!r}); from native_host.cli import main\n"
WELCOME = {"protocol": 1, "version": "9.9.9", "pid": 1, "capabilities": ["browser.status"]}


class Host:
    """A started relay; its stdin and stdout are the browser's."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def send_bytes(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *messages: object) -> None:
        self.send_bytes(b"".join(encode_frame(json.dumps(m).encode()) for m in messages))

    def receive_bytes(self) -> bytes:
        (size,) = HEADER.unpack(self.process.stdout.read(HEADER.size))
        return self.process.stdout.read(size)

    def receive(self) -> dict:
        return json.loads(self.receive_bytes())

    def ask(self, request_id: object, method: str, **params: object) -> dict:
        self.send(request(request_id, method, **params))
        return self.receive()

    def end(self) -> tuple[int, bytes]:
        """Close the browser's side; return the exit code and what was still on stdout."""
        rest, _ = self.process.communicate(timeout=10)
        return self.process.returncode, rest


@contextlib.contextmanager
def host(environment: dict[str, str], *, before: str = "") -> Iterator[Host]:
    """Start the relay with the launcher's options; ``before`` runs in it first."""
    command = [sys.executable, "-IS", "-c", f"{START}{before}\nsys.exit(main())", ORIGIN]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield Host(process)
        finally:
            process.kill()


@contextlib.contextmanager
def user() -> Iterator[dict[str, str]]:
    """The environment of a user whose folders are new; no agent is started for them."""
    # Not pytest's folder: socket paths have about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        yield {
            **{k: v for k, v in os.environ.items() if not k.startswith(("ODC_", "XDG_"))},
            "HOME": name,
            "XDG_RUNTIME_DIR": name,
            "ODC_HOME": f"{name}/odc",
            "ODC_NO_START": "1",
        }


def socket_path(environment: dict[str, str]) -> Path:
    """Ask the code itself where the agent's browser socket is for that user."""
    code = (
        "from agent.system import runtime as r; print(r.ensure_runtime_folder() / r.BROWSER_SOCKET)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, text=True, stdout=subprocess.PIPE
    )
    return Path(out.stdout.strip())


class FakeAgent:
    """NOT the agent: a socket server that misbehaves on demand, for fault injection only.

    ``answer`` gets each request after the handshake and returns the payloads to send; None hangs up.
    """

    def __init__(self, path: Path, answer: Callable[[dict], list[bytes] | None]) -> None:
        self.hello = {"result": WELCOME}
        self.requests: list[bytes] = []
        self.answer = answer
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(os.fspath(path))
        self._listener.listen()
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def notify(self, *messages: str) -> None:
        """Send notifications on the newest connection."""
        for message in messages:
            self._connections[-1].sendall(encode_frame(message.encode()))

    def close(self) -> None:
        for open_socket in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            for payload in payloads(connection):
                message = json.loads(payload)
                if message["method"] == "hello":
                    replies = [json.dumps({"id": message["id"], **self.hello}).encode()]
                else:
                    self.requests.append(payload)
                    replies = self.answer(message)
                if replies is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                for reply in replies:
                    connection.sendall(encode_frame(reply, limit=MAX_REPLY * 2))


@contextlib.contextmanager
def fake_agent(environment: dict[str, str], answer) -> Iterator[FakeAgent]:
    agent = FakeAgent(socket_path(environment), answer)
    try:
        yield agent
    finally:
        agent.close()


def payloads(connection: socket.socket) -> Iterator[bytes]:
    decoder = FrameDecoder(limit=MAX_REPLY)
    while data := connection.recv(65536):
        yield from decoder.feed(data)


def request(request_id: object, method: str, **params: object) -> dict:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def reply(message: dict, result: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
