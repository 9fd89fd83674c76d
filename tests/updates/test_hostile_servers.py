"""What a server may do besides deceiving: drip, pack, break off, name files to its liking."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.server
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from update_desk import PACKAGE, Desk

from agent.updates import fetching
from agent.updates.errors import (
    NoUpdateError,
    UpdateCancelledError,
    UpdateNotSavedError,
    UpdateRootError,
    UpdateTamperedError,
    UpdateTooSlowError,
    UpdateUnreachableError,
)
from agent.updates.model import Release, UpdateProgress
from sandbox.desk.update_repository import UpdateRepository

HALF = len(PACKAGE) // 2


class Server(http.server.ThreadingHTTPServer):
    """Serves a repository as it is told to; what was asked for is kept."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.asked = []
        self.manner = lambda handler, content: handler.answer(content)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Range"]))
        file = self.server.folder / self.path.lstrip("/")
        if not file.is_file():
            self.send_error(404)
        elif self.path.endswith(".deb"):
            self.server.manner(self, file.read_bytes())
        else:
            self.answer(file.read_bytes())

    def answer(self, content, *, status=200, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def breaks_off(handler, content):
    """The connection ends in the midst; whoever asks for the rest gets it."""
    asked = handler.headers["Range"]
    if not asked:
        handler.answer(content[:HALF], length=len(content))
        handler.close_connection = True
        return
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    place = f"bytes {start}-{len(content) - 1}/{len(content)}"
    handler.answer(content[start:], status=206, Content_Range=place)


@pytest.fixture
def server(tmp_path):
    repository = UpdateRepository(tmp_path / "repository")
    repository.create()
    with Server(repository.folder) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True).start()
        yield serving
        serving.shutdown()


@pytest.fixture
def desk(tmp_path, server):
    desk = Desk(tmp_path, f"http://127.0.0.1:{server.server_port}")
    desk.publish("9.0.0")
    desk.check()
    return desk


def download(desk):
    return asyncio.run(desk.agent().download())


def packages(desk):
    return sorted(file.name for file in (desk.folder / "agent" / "packages").iterdir())


def test_a_download_that_broke_off_goes_on_where_it_was(desk, server):
    server.manner = breaks_off
    with pytest.raises(UpdateUnreachableError):
        download(desk)
    assert download(desk).read_bytes() == PACKAGE
    asked = [given for path, given in server.asked if path.endswith(".deb")]
    assert asked == [None, f"bytes={HALF}-"]
    assert packages(desk) == ["odc-agent_9.0.0.deb"]
    assert desk.events[-1] == UpdateProgress(received=len(PACKAGE), total=len(PACKAGE))


def test_a_server_that_knows_no_ranges_is_asked_for_the_whole(desk, server):
    server.manner = breaks_off
    with pytest.raises(UpdateUnreachableError):
        download(desk)
    server.manner = lambda handler, content: handler.answer(content)
    assert download(desk).read_bytes() == PACKAGE


def test_a_beginning_that_was_forged_is_thrown_away(desk, server):
    server.manner = lambda handler, content: breaks_off(handler, bytes(HALF) + content[HALF:])
    with pytest.raises(UpdateUnreachableError):
        download(desk)
    server.manner = breaks_off
    with pytest.raises(UpdateTamperedError):
        download(desk)
    assert packages(desk) == []
    server.manner = lambda handler, content: handler.answer(content)
    assert download(desk).read_bytes() == PACKAGE


def test_more_than_was_promised_is_not_read(desk, server):
    def endless(handler, content):
        handler.answer(content, length=1 << 40)
        for _ in range(100):
            handler.wfile.write(content)

    server.manner = endless
    with pytest.raises(UpdateTamperedError):
        download(desk)
    assert packages(desk) == []


def test_what_is_packed_is_not_read(desk, server):
    bomb = gzip.compress(bytes(1 << 24))
    server.manner = lambda handler, _content: handler.answer(bomb, Content_Encoding="gzip")
    with pytest.raises(UpdateUnreachableError, match="packed"):
        download(desk)
    assert not [e for e in desk.events if isinstance(e, UpdateProgress)]


def test_a_server_that_drips_is_left(desk, server, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 0.2)

    def drip(handler, content):
        handler.answer(b"", length=len(content))
        with contextlib.suppress(OSError):  # until the client has gone
            for byte in content:
                handler.wfile.write(bytes([byte]))
                time.sleep(0.05)

    server.manner = drip
    with pytest.raises(UpdateTooSlowError):
        download(desk)


def test_a_download_is_cancelled_and_goes_on_when_asked_again(desk, server):
    go_on = threading.Event()

    def half_then_wait(handler, content):
        handler.answer(content[:HALF], length=len(content))
        go_on.wait(30)
        breaks_off_later = content[HALF : HALF + 1]
        handler.wfile.write(breaks_off_later)
        handler.close_connection = True

    server.manner = half_then_wait

    async def cancelled(how):
        service = desk.agent()
        half = asyncio.Event()
        desk.bus.subscribe(lambda e: isinstance(e, UpdateProgress) and half.set())
        loading = asyncio.create_task(service.download())
        await half.wait()
        how(service, loading)
        asyncio.get_running_loop().call_later(0.1, go_on.set)
        await loading

    with pytest.raises(UpdateCancelledError):
        asyncio.run(cancelled(lambda service, _loading: service.cancel()))
    go_on.clear()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled(lambda _service, loading: loading.cancel()))
    server.manner = breaks_off
    assert download(desk).read_bytes() == PACKAGE


@pytest.mark.parametrize(
    "name", ["..", ".", "C:x.exe", "a\\b.exe", ".bashrc", "nul\0.exe", "x" * 300]
)
def test_a_package_whose_name_means_something_to_a_disk_is_refused(desk, name):
    path = f"packages/{name}"
    targets = desk.repository.folder / "targets" / "packages"
    desk.repository.publish(Release(version="9.0.1", package=path), None)
    desk.add_target(path, PACKAGE)
    desk.check()
    before = {file for file in desk.folder.rglob("*") if not file.is_relative_to(targets)}
    with pytest.raises(UpdateTamperedError):
        download(desk)
    assert {file for file in desk.folder.rglob("*") if not file.is_relative_to(targets)} <= before


def test_what_was_fetched_of_other_versions_is_removed(desk):
    download(desk)
    desk.publish("9.0.1")
    desk.check()
    download(desk)
    assert packages(desk) == ["odc-agent_9.0.1.deb"]
    desk.publish("0.0.1")  # as after installing: what is published is no newer than what runs
    assert desk.check() is None
    assert packages(desk) == []
    with pytest.raises(NoUpdateError):
        download(desk)


@pytest.mark.parametrize("content", [None, b"", b"{}", "targets"])
def test_an_installation_without_a_root_is_not_blamed_on_the_server(desk, content):
    file = desk.folder / "root.json"
    if content == "targets":
        content = (desk.metadata / "2.targets.json").read_bytes()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UpdateRootError):
        asyncio.run(desk.agent(root=file).check())


def test_an_address_that_is_none_is_an_error_like_any_other(desk):
    with pytest.raises(UpdateUnreachableError):
        asyncio.run(desk.agent(url="http://localhost:port").check())


DOWNLOAD = """
import asyncio, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from update_desk import Desk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
desk = Desk(Path(sys.argv[1]), sys.argv[2])
try:
    asyncio.run(desk.agent().download())
except Exception as error:
    print(type(error).__name__)
"""


def test_a_disk_that_fills_is_said_and_keeps_nothing(desk):
    arguments = (desk.folder, desk.address, HALF, Path(__file__).parent)
    said = subprocess.check_output(
        [sys.executable, "-c", DOWNLOAD, *map(str, arguments)], text=True, timeout=60
    )
    assert said.strip() == UpdateNotSavedError.__name__
    assert packages(desk) == []
    assert download(desk).read_bytes() == PACKAGE
