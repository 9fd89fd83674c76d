"""Other makers' tokens, each where no other test and no other program sees it.

opencryptoki is a daemon with fixed paths: it gets namespaces of its own, which takes root. NSS keeps its
tokens in a folder, and takes its name through p11-kit only, which reads no user's files for root: root
becomes a user of a user namespace.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent.tokens.model import ModuleContent

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
OPENCRYPTOKI = str(LIBRARIES / "pkcs11/libopencryptoki.so")
SOFTOKEN = str(LIBRARIES / "libsoftokn3.so")
PROXY = str(LIBRARIES / "p11-kit-proxy.so")
PIN = "135790"
WRONG = "000000"
START_SECONDS = 20.0

_ROOM = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /var/lib/opencryptoki
mkdir -p /run/lock/opencryptoki/swtok /var/lib/opencryptoki/swtok/TOK_OBJ
chgrp -R pkcs11 /run/lock/opencryptoki /var/lib/opencryptoki
if getent passwd pkcsslotd >/dev/null; then
    install -d -o pkcsslotd /run/opencryptoki
    chmod -R g+w /run/lock/opencryptoki
    user='--reuid=pkcsslotd --regid=pkcs11 --clear-groups'
fi
printf 'version opencryptoki-3.1\\nslot 3\\n{\\nstdll = libpkcs11_sw.so\\n}\\n' >/run/tokens.conf
mount --bind /run/tokens.conf /etc/opencryptoki/opencryptoki.conf
exec setpriv $user --pdeathsig=KILL pkcsslotd -f
"""
"""Newer daemons take a user of their own, and have another folder for its socket."""
_SOCKETS = ("run/pkcsslotd.socket", "run/opencryptoki/pkcsslotd.socket")


def missing(*files: str) -> str | None:
    """Return why such tokens cannot be made here, or None."""
    absent = [file for file in files if not Path(file).exists()]
    return f"needs {', '.join(absent)}" if absent else None


def as_user(*command: str) -> list[str]:
    """Return the command that runs ``command`` as somebody who is not root."""
    if os.getuid() != 0:
        return list(command)
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--", *command]


def run(*command: str, stdin: str = "", **environment: str) -> str:
    """Run a command that must succeed and return what it printed."""
    done = subprocess.run(
        command,
        input=stdin,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def lister(module: str) -> list[str]:
    """Return the command that lists a module through our worker."""
    return [sys.executable, str(Path(__file__).with_name("list_tokens.py")), module]


def listed(output: str) -> ModuleContent:
    return msgspec.json.decode(output, type=ModuleContent)


class OpenCryptoki:
    """A running pkcsslotd with one software token."""

    def __init__(self, pid: int) -> None:
        into = (f"--target={pid}", "--mount", "--ipc", "--root", "--wd=.")
        self._inside = ("nsenter", *into, "--")

    def initialise(self, label: str) -> None:
        self._configure("-I", "87654321", label)
        self._configure("-P", "87654321", "11223344", "11223344")
        self._configure("-u", "11223344", PIN, PIN)

    def mistype(self) -> None:
        """Spend one try: changing the PIN takes the old one."""
        answers = "".join(f"{answer}\n" for answer in (WRONG, PIN, PIN))
        command = [*self._inside, "pkcsconf", "-p", "-c", "3"]
        done = subprocess.run(command, input=answers, capture_output=True, text=True, check=False)
        assert done.returncode != 0

    def tool(self, *arguments: str) -> None:
        run(
            *self._inside,
            "pkcs11-tool",
            "--module",
            OPENCRYPTOKI,
            "--login",
            f"--pin={PIN}",
            *arguments,
        )

    def content(self) -> ModuleContent:
        return listed(run(*self._inside, *lister(OPENCRYPTOKI)))

    def _configure(self, *arguments: str) -> None:
        option, *answers = arguments
        typed = "".join(f"{answer}\n" for answer in answers)
        run(*self._inside, "pkcsconf", option, "-c", "3", stdin=typed)


@contextlib.contextmanager
def own_opencryptoki() -> Iterator[OpenCryptoki]:
    """Give a daemon of our own; it is gone when the block is left."""
    daemon = subprocess.Popen(
        ["unshare", "--mount", "--ipc", "--", "sh", "-c", _ROOM],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        sockets = [Path(f"/proc/{daemon.pid}/root", socket) for socket in _SOCKETS]
        deadline = time.monotonic() + START_SECONDS
        outside = Path("/proc/self/ns/mnt").readlink()
        while daemon.poll() is None and not (
            Path(f"/proc/{daemon.pid}/ns/mnt").readlink() != outside
            and any(socket.exists() for socket in sockets)
        ):
            assert time.monotonic() < deadline, "pkcsslotd is not ready"
            time.sleep(0.01)
        assert daemon.returncode is None, daemon.stderr.read()
        yield OpenCryptoki(daemon.pid)
    finally:
        daemon.kill()
        daemon.communicate()
