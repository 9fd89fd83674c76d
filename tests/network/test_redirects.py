"""A password is for the server it was given for, wherever that server sends who asks."""

from __future__ import annotations

import contextlib
import http.server
import threading

import pytest

from agent.network.reader import Limits, NoAnswerError, Reader, Request
from agent.network.tls import public_tls

LIMITS = Limits(size=1000, seconds=10)


class Server(http.server.ThreadingHTTPServer):
    """Sends whoever asks on to ``target``, where there is one; notes who was said to ask."""

    def __init__(self, target=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.asked_by = target, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked_by.append(self.headers["Authorization"])
        if self.server.target and self.path != "/end":
            self.send_response(302)
            self.send_header("Location", self.server.target)
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def running(server):
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with server:
        yield server
        server.shutdown()


async def ask(url, **more):
    reader = Reader(public_tls())
    try:
        return await reader.ask(Request(url=url, login=("office", "p4ssw0rd"), **more), LIMITS)
    finally:
        await reader.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_another_server_is_not_told_the_password(host):
    with (
        running(Server()) as other,
        running(Server(f"http://{host}:{other.server_port}/")) as first,
    ):
        assert (await ask(first.url, redirects=3)).is_success
    assert first.asked_by[0].startswith("Basic ")
    assert other.asked_by == [None]


async def test_the_same_server_is_told_it_again():
    with running(Server("/end")) as server:
        assert (await ask(server.url, redirects=3)).is_success
    assert len(set(server.asked_by)) == 1
    assert len(server.asked_by) == 2


async def test_nobody_is_sent_on_for_ever():
    with (
        running(Server("/again")) as server,
        pytest.raises(NoAnswerError, match="too many redirects"),
    ):
        await ask(server.url, redirects=3)
    assert len(server.asked_by) == 4
