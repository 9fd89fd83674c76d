"""Where a PAC program comes from, and how long what it says holds."""

from __future__ import annotations

import contextlib
import http.server
import socket
import subprocess
import sys
import threading

import pytest

from agent.network.pac import system, ways
from agent.network.pac.scripts import MAX_BYTES, PacUnreadableError, read_script
from agent.network.pac.system import of_gsettings, of_scutil, system_source
from agent.network.pac.ways import PacWays

DIRECT = "function FindProxyForURL(url, host) { return 'DIRECT' }"
URL = "https://user:secret@ra.example:8443/path?query"


def naming(*proxies):
    answer = "; ".join(f"PROXY {proxy}" for proxy in proxies)
    return f"function FindProxyForURL(url, host) {{ return '{answer}' }}"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "proxy.pac"


@contextlib.contextmanager
def serving(content, status=200, **headers):
    """A web server that has one page; gives its address and what was asked."""
    asked = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        def log_message(self, *_said):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/proxy.pac", asked
        finally:
            server.shutdown()
            thread.join()


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_program_is_read_from_a_path_a_file_url_and_a_server(file):
    file.write_bytes(b"\xef\xbb\xbf// \xb4\xfa" + DIRECT.encode())
    assert read_script(str(file)) == read_script(file.as_uri()) == f"// 代{DIRECT}"
    with serving(DIRECT.encode()) as (source, _):
        assert read_script(source) == DIRECT


@pytest.mark.parametrize(
    ("status", "headers", "content", "reason"),
    [
        (404, {}, b"", "HTTP 404"),
        (302, {"Location": "file:///etc/passwd"}, b"", "file"),
        (200, {}, b"x" * (MAX_BYTES + 10), "larger than 1024 KB"),
    ],
)
def test_a_server_that_gives_no_program_is_a_fault(status, headers, content, reason):
    with (
        serving(content, status, **headers) as (source, _),
        pytest.raises(PacUnreadableError, match=reason),
    ):
        read_script(source)


def test_what_is_not_there_is_a_fault(tmp_path):
    for source in (str(tmp_path / "missing"), str(tmp_path), f"http://127.0.0.1:{closed_port()}/"):
        with pytest.raises(PacUnreadableError):
            read_script(source)


def test_the_program_is_read_and_run_once_for_a_while(monkeypatch):
    runs = []
    real = ways.evaluate
    monkeypatch.setattr(ways, "evaluate", lambda *given: runs.append(given[1:]) or real(*given))
    clock = Clock()
    known = PacWays(clock)
    with serving(naming("proxy.example:3128").encode()) as (source, asked):
        said = [known.of(source, URL) for _ in range(3)]
        assert {one.proxy for one in said} == {"http://proxy.example:3128"}
        assert runs == [("https://ra.example:8443/", "ra.example")]
        clock.now += ways.ANSWER_SECONDS + 1
        assert known.of(source, URL).age_seconds == ways.ANSWER_SECONDS + 1
        assert (len(runs), len(asked)) == (2, 1)
        clock.now += ways.SCRIPT_SECONDS
        known.of(source, URL)
        assert (len(runs), len(asked)) == (3, 2)


def test_the_next_proxy_is_used_where_one_is_closed(file):
    with socket.create_server(("127.0.0.1", 0)) as open_one:
        port, closed = open_one.getsockname()[1], closed_port()
        file.write_text(naming(f"127.0.0.1:{closed}", f"127.0.0.1:{port}"))
        assert PacWays().of(str(file), URL).proxy == f"http://127.0.0.1:{port}"
    other = closed_port()
    file.write_text(naming(f"127.0.0.1:{closed}", f"127.0.0.1:{other}"))
    assert PacWays().of(str(file), URL).proxy == f"http://127.0.0.1:{closed}"


@pytest.mark.parametrize(
    ("content", "fault", "is_unreadable"),
    [
        (None, "No such file", True),
        ("nonsense here", "SyntaxError", False),
        (naming().replace("''", "'SOCKS a:1'"), "SOCKS a:1", False),
    ],
)
def test_a_fault_is_told_and_mended_soon(file, content, fault, is_unreadable):
    clock = Clock()
    known = PacWays(clock)
    if content is not None:
        file.write_text(content)
    said = known.of(str(file), URL)
    assert (said.proxy, said.is_unreadable) == (None, is_unreadable)
    assert fault in said.fault
    file.write_text(naming("proxy.example:1"))
    assert known.of(str(file), URL).fault
    clock.now += ways.ANSWER_SECONDS / 10 + 1
    assert known.of(str(file), URL).proxy == "http://proxy.example:1"


SCUTIL = """<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
  }
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://wpad.example.cn/proxy.pac
}
"""


def test_what_the_systems_say():
    assert of_gsettings("'http://wpad.example.cn/a.pac'\n") == "http://wpad.example.cn/a.pac"
    assert of_gsettings("''\n") == of_gsettings("") == of_gsettings("No such schema") == ""
    assert of_scutil(SCUTIL) == "http://wpad.example.cn/proxy.pac"
    assert of_scutil(SCUTIL.replace("Enable : 1", "Enable : 0")) == of_scutil("") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="GNOME's settings")
def test_gnomes_own_settings_are_read(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GSETTINGS_BACKEND", "keyfile")
    assert system_source() == ""
    for key, value in (("autoconfig-url", "http://wpad.example.cn/a.pac"), ("mode", "auto")):
        command = ["gsettings", "set", "org.gnome.system.proxy", key, value]
        subprocess.run(command, check=True, timeout=30)
    assert system_source() == "http://wpad.example.cn/a.pac"


def test_a_system_that_does_not_answer_has_none(monkeypatch):
    monkeypatch.setattr(system, "SECONDS", 0.2)
    assert (
        system._said("sleep", "10")
        == system._said("false")
        == system._said("no-such-program")
        == ""
    )
