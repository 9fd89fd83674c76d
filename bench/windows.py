"""From the click to the painted window, and what windows take, beside a window that is bare PySide6.

The click is the request to the agent; painted is what an X client sees of the window's pixels. Both
kinds are measured in turn, so that both meet the same machine. ``ODC_BENCH_QUICK`` opens ten windows
instead of a hundred.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import XError
from Xlib.protocol.event import ClientMessage

from agent.desktop.window_processes import DELAY_SECONDS
from bench.desk import running_desk
from bench.memory import memory, processes_of
from bench.tables import print_times
from sandbox.desk.desk import Desk

ROUNDS = 12
WINDOWS = 10 if os.environ.get("ODC_BENCH_QUICK") else 100
SECONDS = 60.0
PAUSE_SECONDS = 0.002
COLOURS = 8
"""A window with fewer has not painted its text yet."""
STAMP = 0xB3150C
"""The red of 已过期证书: the certificates are there too."""
STEP = 3
"""Of so many pixels one is looked at; letters and frames are wider."""
SPARE_SECONDS = DELAY_SECONDS + 1.0
"""How long after a window the process is ready in which the next one opens."""
MENU_SECONDS = 0.5
"""How long a menu is open before something in it is clicked; few are as quick."""
BARE = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(sys.argv[:1])
label = QLabel("PySide6 " * 12)
label.setWindowTitle("bare")
label.resize(980, 660)
label.show()
app.exec()
"""


class Screen:
    """A screen of its own, looked at as an X client."""

    def __init__(self, name: str) -> None:
        self._display = Display(name)
        self._root = self._display.screen().root

    def leave(self) -> None:
        """Look at it no more."""
        self._display.close()

    def painted(self, title: str, *, red: bool = False) -> int | None:
        """Return the id of the window with ``title`` once it shows something."""
        for window in self._root.query_tree().children:
            try:
                if self._title(window) == title and self._is_painted(window, red=red):
                    return int(window.id)
            except XError:  # it went away meanwhile
                continue
        return None

    def pid(self, number: int) -> int:
        """Return the process of a window."""
        window = self._display.create_resource_object("window", number)
        kind = self._display.intern_atom("_NET_WM_PID")
        return int(window.get_full_property(kind, Xatom.CARDINAL).value[0])

    def close(self, number: int) -> None:
        """Close a window as its frame's button does."""
        window = self._display.create_resource_object("window", number)
        atoms = [self._display.intern_atom(n) for n in ("WM_PROTOCOLS", "WM_DELETE_WINDOW")]
        message = ClientMessage(
            window=window, client_type=atoms[0], data=(32, [atoms[1], X.CurrentTime, 0, 0, 0])
        )
        window.send_event(message)
        self._display.flush()

    def _title(self, window) -> str:
        kind = self._display.intern_atom("_NET_WM_NAME")
        found = window.get_full_property(kind, X.AnyPropertyType)
        return found.value.decode() if found else ""

    def _is_painted(self, window, *, red: bool) -> bool:
        if window.get_attributes().map_state != X.IsViewable:
            return False
        size = window.get_geometry()
        # A strip that crosses text in every window, or the whole where a colour is looked for.
        top, height = (0, size.height) if red else (0, min(size.height, 400))
        data = window.get_image(0, top, size.width, height, X.ZPixmap, 0xFFFFFFFF).data
        # Looking must take next to nothing: it would add to both sides and bring them closer.
        pixels = memoryview(data).cast("I")
        colours = {pixel & 0xFFFFFF for pixel in set(pixels[::STEP])}  # the rest is padding
        return STAMP in colours if red else len(colours) >= COLOURS


def main() -> None:
    """Print times and memory of each window, and the agent's memory before and after many."""
    with _display() as name:
        # For the bare window and for the desk's agent.
        os.environ |= {"DISPLAY": name, "ODC_LANGUAGE": "zh_CN"}
        screen = Screen(name)
        with running_desk() as desk:
            _compare(desk, screen)
            _open_many(desk, screen)


def _compare(desk: Desk, screen: Screen) -> None:
    kinds: dict[str, Callable[[], int]] = {
        "bare PySide6 window": lambda: _bare(screen),
        "main": lambda: _ours(desk, screen, "main", "证照管家"),
        "main, with its certificates": lambda: _ours(desk, screen, "main", "证照管家", red=True),
        "renew": lambda: _ours(desk, screen, "renew", "证照更新"),
        "pin": lambda: _ours(desk, screen, "pin", "修改PIN码"),
    }
    ready: dict[str, Callable[[], object]] = {
        "after another": lambda: time.sleep(SPARE_SECONDS),
        "from the menu": lambda: _open_menu(desk),
    }
    rows = [(kind, lambda: None, show) for kind, show in kinds.items()] + [
        (f"{kind}, {how}", prepare, kinds[kind])
        for how, prepare in ready.items()
        for kind in ("main, with its certificates", "renew", "pin")
    ]
    times: dict[str, list[float]] = {row: [] for row, _, _ in rows}
    sizes: dict[str, list[tuple[float, float]]] = {row: [] for row, _, _ in rows}
    for _ in range(ROUNDS):
        for row, prepare, show in rows:
            prepare()
            started = time.perf_counter()
            number = show()
            times[row].append((time.perf_counter() - started) * 1000)
            sizes[row].append(_memory(screen.pid(number)))
            _close(screen, number)
    print_times(f"from click to painted window, {ROUNDS} rounds", times)
    bare = statistics.median(times["bare PySide6 window"])
    print(f"\n{'median of each':42} {'times bare':>10} {'RSS MB':>10} {'PSS MB':>10}")
    for kind, taken in times.items():
        rss, pss = (statistics.median(size[n] for size in sizes[kind]) for n in (0, 1))
        print(f"{kind:42} {statistics.median(taken) / bare:10.2f} {rss:10.1f} {pss:10.1f}")


def _open_many(desk: Desk, screen: Screen) -> None:
    agent = processes_of(desk.folder)["agent.cli"]
    before = memory(agent)
    for _ in range(WINDOWS):
        _close(screen, _ours(desk, screen, "about", "关于我们"))
    after = memory(agent)
    print(f"\n{'memory of the agent':32} {'RSS MB':>10} {'PSS MB':>10}")
    for name, (rss, pss) in {"before": before, f"after {WINDOWS} windows": after}.items():
        print(f"{name:32} {rss:10.1f} {pss:10.1f}")


def _ours(desk: Desk, screen: Screen, name: str, title: str, *, red: bool = False) -> int:
    with desk.client() as client:
        client.call("windows.open", {"name": name})
    return _until(lambda: screen.painted(title, red=red))


def _open_menu(desk: Desk) -> None:
    """Say what the tray says when its menu is opened, and be as quick to click as people are."""
    with desk.client() as client:
        client.call("windows.prepare")
    time.sleep(MENU_SECONDS)


def _bare(screen: Screen) -> int:
    subprocess.Popen([sys.executable, "-P", "-c", BARE], stderr=subprocess.DEVNULL)
    return _until(lambda: screen.painted("bare"))


def _memory(pid: int) -> tuple[float, float]:
    """Return RSS and PSS; windows that take PINs let only root look."""
    try:
        return memory(pid)
    except PermissionError:
        return float("nan"), float("nan")


def _close(screen: Screen, number: int) -> None:
    pid = screen.pid(number)
    screen.close(number)
    _until(lambda: 1 if _has_ended(pid) else None)


def _has_ended(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG) == (pid, 0):
            return True
    except ChildProcessError:
        pass
    return not os.path.exists(f"/proc/{pid}")  # noqa: PTH110


def _until(ask: Callable[[], int | None]) -> int:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if (found := ask()) is not None:
            return found
        time.sleep(PAUSE_SECONDS)
    raise TimeoutError("no window")


@contextmanager
def _display() -> Iterator[str]:
    """Run an X server for the block."""
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1280x800x24",
        "-nolisten",
        "tcp",
    ]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait()
