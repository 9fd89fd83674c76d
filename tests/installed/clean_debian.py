"""A clean Debian in a folder, entered as its own machine: mounts, processes and changes end with it.

``releases.py`` fetches it once, with what the package depends on and what the tests drive; each test works
in a layer above it, in memory. The release is the one that the package was built for.

Run as a script, it says whether this machine lets one be made: exit code 0, or 1 and the reason.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from releases import LIMIT, kept, minimal, output, release_of, run

ROOT = Path(__file__).parents[2]
DRIVEN = "adduser chromium dbus openbox python3-xdg softhsm2 systemd xauth xvfb"
"""What the tests drive there: a session that knows the autostart folders, a browser, a token."""
_BASE = 'mount --bind "$1" "$1" && machine=$1'
_LAYER = """
mount -t tmpfs layer "$2" && mkdir "$2/upper" "$2/work" "$2/machine" && machine=$2/machine &&
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" machine "$machine" &&
shift 2 && for each; do mkdir -p "$machine$each" && mount --bind "$each" "$machine$each" || exit; done
"""
# Its root becomes the root: in a mere chroot nobody may be root of a namespace of his own.
_ENTER = """
mount -t proc proc "$machine/proc" && mount --rbind /dev "$machine/dev" &&
mount -t tmpfs run "$machine/run" && cd "$machine" && pivot_root . . && umount -l . &&
exec sh -c 'echo ready; exec sleep infinity'
"""


class Debian:
    """Runs commands in the system whose first process is ``pid``."""

    def __init__(self, pid: str) -> None:
        # Held open: whatever becomes of the process, never this machine's own, and never a chroot's outside.
        places = {"mount": "ns/mnt", "pid": "ns/pid", "root": "root"}
        held = {kind: os.open(f"/proc/{pid}/{name}", os.O_RDONLY) for kind, name in places.items()}
        self._held = tuple(held.values())
        self._enter = ["nsenter", *(f"--{k}=/proc/{os.getpid()}/fd/{fd}" for k, fd in held.items())]

    def close(self) -> None:
        """Let go of the system."""
        for descriptor in self._held:
            os.close(descriptor)

    def command(self, command: str, user: str = "root") -> list[str]:
        """Return what runs a shell command there."""
        return [*self._enter, "su", "-s", "/bin/bash", user, "-c", command]

    def __call__(self, command: str, user: str = "root", *, check: bool = True) -> str:
        """Run a shell command to its end and return what it said."""
        done = subprocess.run(
            self.command(command, user),
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=LIMIT,
            check=False,
        )
        said = done.stdout + done.stderr
        assert not check or done.returncode == 0, f"{command}\n{said}"
        return said

    @contextlib.contextmanager
    def running(self, command: str, user: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a shell command while the block runs, with all it starts."""
        with (
            log.open("wb") as out,
            subprocess.Popen(
                self.command(command, user),
                stdout=out,
                stderr=out,
                env=ENVIRONMENT,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                os.killpg(process.pid, signal.SIGTERM)

    def wait_for(self, condition: str, user: str = "root") -> None:
        """Wait until a shell condition is true; its own limit makes that a failure."""
        until = f"n=0; until {condition}; do sleep 0.2; [ $((n += 1)) -lt 300 ] || exit 1; done"
        self(until, user)


ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


def why_not_here() -> str | None:
    """Return why no Debian can be made and entered on this machine; None where one can."""
    if os.geteuid() != 0:
        return "it takes root: run make deb-test as root"
    mounts = "mount -t tmpfs probe /mnt && mkdir /mnt/u /mnt/w /mnt/m && "
    mounts += "mount -t overlay -o lowerdir=/usr,upperdir=/mnt/u,workdir=/mnt/w probe /mnt/m"
    command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", mounts]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode != 0:
        return f"this machine lets root mount nothing: {done.stderr.strip()}"
    return None


def with_packages(codename: str, name: str, install: str) -> Path:
    """Return the folder of a Debian where a shell command has installed packages."""
    lowest = minimal(codename)

    def make(folder: Path) -> None:
        run("cp", "--archive", str(lowest), str(folder))
        with _entered(_BASE, folder) as debian:
            debian(f"apt-get update -qq && {install} && apt-get clean")

    return kept(f"{codename}-{name}", f"{lowest}\n{install}", make)


def base(package: Path) -> Path:
    """Return the folder of a Debian with the package's dependencies, without the package."""
    depends = output("dpkg-deb", "-f", str(package), "Depends").strip()
    install = f"apt-get satisfy -y -qq '{depends}' && apt-get install -y -qq {DRIVEN}"
    return with_packages(release_of(package), "for-package", install)


@contextlib.contextmanager
def clean_debian(package: Path, shared: Path) -> Iterator[Debian]:
    """Enter a Debian without the package; ``shared`` is there by the same name, and stays."""
    with layer_above(base(package), shared) as debian:
        yield debian


@contextlib.contextmanager
def layer_above(lower: Path, shared: Path, *others: Path) -> Iterator[Debian]:
    """Enter a layer above a system; ``shared`` and the others are there by the same names, and stay."""
    layer = shared / "layer"
    layer.mkdir()
    with _entered(_LAYER, lower, *map(str, (layer, shared, *others))) as debian:
        yield debian


@contextlib.contextmanager
def _entered(prepare: str, lower: Path, *arguments: str) -> Iterator[Debian]:
    """Enter a system; its mounts and processes end with the block."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c"]
    command += [f"{prepare.strip()} && {_ENTER.strip()}", "sh", str(lower), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"ready\n"
            children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
            with contextlib.closing(Debian(children[0])) as debian:
                yield debian
        finally:
            holder.kill()


def newer(package: Path, version: str, folder: Path) -> Path:
    """Return the package once more as another version: in its control file and in the program."""
    content = folder / "newer"
    run("dpkg-deb", "-R", str(package), str(content))
    control = content / "DEBIAN" / "control"
    old = output("dpkg-deb", "-f", str(package), "Version").strip()
    control.write_text(control.read_text().replace(f"Version: {old}", f"Version: {version}"))
    [program] = content.glob("usr/lib/odc-agent/lib/python3.*/site-packages/agent/__init__.py")
    program.write_text(program.read_text().replace(old, version))
    file = folder / "newer.deb"
    run("dpkg-deb", "-Znone", "--root-owner-group", "-b", str(content), str(file))
    shutil.rmtree(content)
    return file


if __name__ == "__main__":
    if (reason := why_not_here()) is not None:
        sys.exit(f"A clean Debian cannot be made here: {reason}.")
