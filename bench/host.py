"""The native host beside its peers: time to the first reply, memory, round trips back to back.

Peers are Debian's packages, each with what it relays to: keepassxc-proxy with a socket that echoes,
gnome-browser-connector with a session bus of its own, browserpass alone (it answers one request). Ours
is measured by itself, with a partner of that kind, and with the real agent.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.api.views.greeting import PROTOCOL_VERSION
from agent.ground.framing import HEADER, MAX_REQUEST, FrameDecoder, encode_frame
from agent.system.runtime import BROWSER_SOCKET, runtime_folder
from bench.desk import running_desk
from bench.memory import memory
from bench.tables import print_times, quantile

SPAWNS = 30
MESSAGES = 1000
BARE = "python -I -S -c pass"


@dataclass(frozen=True)
class Host:
    """One host: how it is started, and a request it answers, by number."""

    command: list[str]
    environment: dict[str, str]
    request: Callable[[int], object]
    is_one_shot: bool = False


def main() -> None:
    """Print the tables."""
    with running_desk() as desk, tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        hosts = dict(_hosts(desk.environment, Path(name)))
        with _peers_partners(Path(name)), _partner(Path(name), desk.environment):
            _print_spawns(hosts)
            _print_sessions(hosts)


def _hosts(ours: dict[str, str], folder: Path) -> Iterator[tuple[str, Host]]:
    launcher = _launcher(ours)
    origin = "chrome-extension://ibaicfimpnloochnmcaflgfhaenealaa/"
    theirs = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
    theirs["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={folder}/bus"
    yield "odc-native-host, itself", Host([launcher, origin], ours, _ask("host.status"))
    near = {**ours, "XDG_RUNTIME_DIR": str(folder)}  # where _partner answers in the agent's place
    yield "odc-native-host, to a partner", Host([launcher, origin], near, _ask_agent)
    yield "odc-native-host, to the agent", Host([launcher, origin], ours, _ask_agent)
    if program := shutil.which("keepassxc-proxy"):
        yield "keepassxc-proxy", Host([program], theirs, lambda n: {"action": "ping", "n": n})
    if program := shutil.which("gnome-browser-connector-host"):
        yield (
            "gnome-browser-connector",
            Host([program], theirs, lambda _: {"execute": "initialize"}),
        )
    program = "/usr/lib/browserpass/browserpass-native"
    if Path(program).exists():
        request = {"action": "configure", "settings": {"stores": {}}}
        yield "browserpass (one request)", Host([program], theirs, lambda _: request, True)


def _ask(method: str) -> Callable[[int], object]:
    return lambda n: {"jsonrpc": "2.0", "id": n, "method": method, "params": {}}


def _ask_agent(number: int) -> object:
    # Each from a site of its own: one site may not ask a thousand times in a row.
    params = {"origin": f"https://site-{number}.example"}
    return {"jsonrpc": "2.0", "id": number, "method": "browser.status", "params": params}


def _launcher(environment: dict[str, str]) -> str:
    profile = Path(environment["ODC_HOME"]) / "profile"
    command = [sys.executable, "-m", "native_host", "install", "--json", "--profile", str(profile)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    return str(json.loads(done.stdout)[0]["launcher"])


def _print_spawns(hosts: dict[str, Host]) -> None:
    times: dict[str, list[float]] = {BARE: [], **{name: [] for name in hosts}}
    for _ in range(SPAWNS):  # interleaved, so that all meet the same machine
        started = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
        times[BARE].append((time.perf_counter() - started) * 1000)
        for name, host in hosts.items():
            started = time.perf_counter()
            with _running(host) as process:
                _round_trip(process, host.request(0))
                times[name].append((time.perf_counter() - started) * 1000)
    print_times(f"spawn to first reply, {SPAWNS} rounds", times)
    bare, ours = times[BARE], times["odc-native-host, itself"]
    median, fastest = statistics.median(ours) / statistics.median(bare), min(ours) / min(bare)
    print(
        f"ours is {median:.2f} of the bare interpreter, {fastest:.2f} in the fastest rounds (goal 1.6)"
    )


def _print_sessions(hosts: dict[str, Host]) -> None:
    heads = ("RSS MB", "PSS MB", "median ms", "p99 ms", "worst ms")
    print(f"\n{f'{MESSAGES} messages in a row':40}" + "".join(f" {head:>10}" for head in heads))
    for name, host in hosts.items():
        if host.is_one_shot:
            continue
        with _running(host) as process:
            _round_trip(process, host.request(0))
            rss, pss = memory(process.pid)
            times = []
            count = MESSAGES if name != "keepassxc-proxy" else MESSAGES // 20  # 100 ms each
            for number in range(1, count + 1):
                started = time.perf_counter()
                _round_trip(process, host.request(number))
                times.append((time.perf_counter() - started) * 1000)
        figures = (rss, pss, statistics.median(times), quantile(times, 0.99), max(times))
        print(f"{name:40}" + "".join(f" {figure:10.3f}" for figure in figures))


@contextlib.contextmanager
def _running(host: Host) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        host.command,
        env=host.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _round_trip(process: subprocess.Popen[bytes], request: object) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(encode_frame(json.dumps(request).encode()))
    process.stdin.flush()
    header = process.stdout.read(HEADER.size)
    if len(header) < HEADER.size:
        raise RuntimeError(f"{process.args} does not answer")
    process.stdout.read(HEADER.unpack(header)[0])


@contextlib.contextmanager
def _peers_partners(folder: Path) -> Iterator[None]:
    """What the peers relay to, while the block runs."""
    with contextlib.ExitStack() as stack:
        paths = [
            folder / "app/org.keepassxc.KeePassXC/org.keepassxc.KeePassXC.BrowserServer",
            folder / "org.keepassxc.KeePassXC.BrowserServer",
        ]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(os.fspath(path))
            listener.listen(50)
            threading.Thread(target=_echo_all, args=(listener,), daemon=True).start()
        bus = [f"--address=unix:path={folder}/bus", "--session", "--nofork", "--nopidfile"]
        if program := shutil.which("dbus-daemon"):
            daemon = stack.enter_context(
                subprocess.Popen([program, *bus], stderr=subprocess.DEVNULL)
            )
            stack.callback(daemon.kill)
            while not (folder / "bus").exists():
                time.sleep(0.01)
        yield


@contextlib.contextmanager
def _partner(folder: Path, ours: dict[str, str]) -> Iterator[None]:
    """Answer the native host at once, as the peers' partners do, while the block runs."""
    path = runtime_folder({**ours, "XDG_RUNTIME_DIR": str(folder)}) / BROWSER_SOCKET
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(path))
        listener.listen(50)
        threading.Thread(target=_answer_all, args=(listener,), daemon=True).start()
        yield


def _answer_all(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    frames, welcome = FrameDecoder(limit=MAX_REQUEST), {"protocol": PROTOCOL_VERSION}
    with contextlib.suppress(OSError), connection:
        while data := connection.recv(65536):
            for payload in frames.feed(data):
                answer = {"jsonrpc": "2.0", "id": json.loads(payload)["id"], "result": welcome}
                connection.sendall(encode_frame(json.dumps(answer).encode()))


def _echo_all(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with contextlib.suppress(OSError), connection:
        while data := connection.recv(65536):
            connection.sendall(data)
