"""A PC/SC daemon of one's own: pcscd with vpcd where nothing else sees it. For tests and measurements.

vpcd listens on fixed ports and pcscd's socket has a fixed path, so each daemon lives in mount and
network namespaces of its own. Needs root and the packages pcscd, vsmartcard-vpcd, iproute2, mount and
util-linux. Use::

    with own_pcscd() as pcscd:
        ...  # this thread and every process it starts sees that daemon, and no other network
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox.usb_token.vpcd import PORTS

_CLONE_FS = 0x00000200
_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_FOLDER = Path("/run/pcscd")
_SOCKET = _FOLDER / "pcscd.comm"
_PROGRAMS = ("/usr/sbin/pcscd", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
START_SECONDS = 20.0

_libc = ctypes.CDLL(None, use_errno=True)


def missing() -> str | None:
    """Return why no daemon can be started here, or None."""
    if sys.platform != "linux" or os.getuid() != 0:
        return "needs root, for namespaces"
    absent = [program for program in _PROGRAMS if not Path(program).exists()]
    return f"needs {', '.join(absent)}" if absent else None


class Pcscd:
    """A running daemon with two virtual slots; it can be killed and started again."""

    def __init__(self, log: Path | None = None) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The daemon's process, which is also a way into its namespaces."""
        assert self._process is not None
        return self._process.pid

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs ``command`` beside the daemon, from wherever it is started."""
        into = [f"--target={self.pid}", "--mount", "--net", "--root", "--wd=."]
        return ["nsenter", *into, "--", *command]

    def start(self) -> None:
        """Start the daemon and return when clients and cards can connect."""
        options = ("--foreground", "--error" if self._log is None else "--debug", *_open_to_all())
        with (self._log or Path(os.devnull)).open("ab") as output:
            self._process = subprocess.Popen(
                # Ended by the system should whoever started it be killed.
                ["setpriv", "--pdeathsig=KILL", _PROGRAMS[0], *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + START_SECONDS
        while not (_SOCKET.exists() and _listening() >= set(PORTS)):
            assert self._process.poll() is None, "pcscd ended at its start"
            assert time.monotonic() < deadline, "pcscd is not ready"
            time.sleep(0.01)

    def kill(self) -> None:
        """End the daemon without a chance to say goodbye; cards and clients are cut off."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        _SOCKET.unlink(missing_ok=True)
        _SOCKET.with_name("pcscd.pid").unlink(missing_ok=True)


@functools.cache
def _open_to_all() -> tuple[str, ...]:
    """Return what has the daemon serve whoever reaches it: newer ones ask polkit, which is not in there."""
    usage = subprocess.run([_PROGRAMS[0], "--help"], capture_output=True, text=True, check=False)
    option = "--disable-polkit"
    return (option,) if option in usage.stdout + usage.stderr else ()


@contextlib.contextmanager
def own_pcscd(log: Path | None = None) -> Iterator[Pcscd]:
    """Put this thread, and all it starts, beside a daemon of its own until the block is left.

    Whatever still runs in there is ended then. ``log`` takes the daemon's debug messages.
    """
    with own_namespaces():
        daemon = Pcscd(log)
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.kill()


@contextlib.contextmanager
def own_namespaces() -> Iterator[None]:
    """Give this thread its own network, with a loopback only, and its own /run/pcscd."""
    folder = Path.cwd()
    _FOLDER.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        before = [
            stack.enter_context(Path(f"/proc/thread-self/ns/{k}").open()) for k in ("net", "mnt")
        ]
        root = os.open("/", os.O_RDONLY)
        stack.callback(os.close, root)
        _check(_libc.unshare(_CLONE_FS | _CLONE_NEWNS | _CLONE_NEWNET))
        try:
            for command in (
                "mount --make-rprivate /",
                f"mount -t tmpfs -o mode=755 tmpfs {_FOLDER}",
                "ip link set lo up",
            ):
                subprocess.run(command.split(), check=True)
            yield
        finally:
            _end_all_inside()
            # Threads that were started meanwhile share what setns wants alone.
            _check(_libc.unshare(_CLONE_FS))
            for namespace in before:
                _check(_libc.setns(namespace.fileno(), 0))
            # Entering a namespace leads to its own root, out of a chroot.
            os.chdir(root)
            _check(_libc.chroot(b"."))
            os.chdir(folder)


def _end_all_inside() -> None:
    """Kill every other process of this network namespace, which only we can have started."""
    if sys.platform == "win32":
        return
    ours = Path("/proc/thread-self/ns/net").readlink()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and (process / "ns/net").readlink() == ours:
                os.kill(int(process.name), signal.SIGKILL)


def _listening() -> set[int]:
    """Return the TCP ports listened on; connecting to find out would be plugging in a card."""
    lines = Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return {int(f[1].rpartition(":")[2], 16) for f in fields if f[3] == "0A"}


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
