"""A clean Debian in a folder, entered as its own machine: mounts, processes and changes end with it.

``debootstrap`` fetches it once, with what the package depends on and what the tests drive, into ``build/``;
each test works in a layer above it, in memory. Mirror and release are those of this machine's apt.

Run as a script, it says whether this machine lets one be made: exit code 0, or 1 and the reason.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "deb-test"
DRIVEN = "adduser chromium dbus openbox python3-xdg softhsm2 systemd xauth xvfb"
"""What the tests drive there: a session that knows the autostart folders, a browser, a token."""
LIMIT = 300
"""Seconds for one command; a slow mirror may take most of it."""
_BASE = 'mount --bind "$1" "$1" && machine=$1'
_LAYER = """
mount -t tmpfs layer "$2" && mkdir "$2/upper" "$2/work" "$2/machine" && machine=$2/machine &&
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" machine "$machine" &&
mkdir -p "$machine$3" && mount --bind "$3" "$machine$3"
"""
_ENTER = """
mount -t proc proc "$machine/proc" && mount --rbind /dev "$machine/dev" &&
mount -t tmpfs run "$machine/run" && exec chroot "$machine" sh -c 'echo ready; exec sleep infinity'
"""


class Debian:
    """Runs commands in the system whose first process is ``pid``."""

    def __init__(self, pid: str, folder: Path) -> None:
        # The folder by name, whatever the process's root is: never this machine's own.
        self._enter = ["nsenter", "-t", pid, "-m", "-p", "chroot", str(folder)]

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


def base(package: Path) -> Path:
    """Return the folder of a Debian with the package's dependencies, without the package."""
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want it at once
        return _base(package)


def _base(package: Path) -> Path:
    folder, stamp = KEPT / "root", KEPT / "complete"
    wanted = f"{_output('dpkg-deb', '-f', str(package), 'Depends').strip()}\n{DRIVEN}\n"
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    release = _output("dpkg-query", "-f", "${Version}", "-W", "base-files").split(".")[0]
    codename = {"12": "bookworm", "13": "trixie"}.get(release.split("+")[0], "bookworm")
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {codename}")
    mirror = _output(*query).splitlines()[0]
    try:
        _run("debootstrap", "--variant=minbase", codename, str(folder), mirror)
    except AssertionError:  # a mirror that stalls does not do so twice
        shutil.rmtree(folder, ignore_errors=True)
        _run("debootstrap", "--variant=minbase", codename, str(folder), mirror)
    for file in Path("/etc/apt/apt.conf.d").iterdir():  # a proxy, where this machine has one
        shutil.copy(file, folder / "etc/apt/apt.conf.d" / file.name)
    # Recommended are a font, a tray and drivers: what is tested does without.
    (folder / "etc/apt/apt.conf.d/99test").write_text(
        'APT::Install-Recommends "false";\nAcquire::Retries "3";\n'
    )
    (folder / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n")
    depends, driven = wanted.splitlines()
    with _entered(_BASE, folder, folder) as debian:
        debian(f"apt-get update -qq && apt-get satisfy -y -qq '{depends}'")
        debian(f"apt-get install -y -qq {driven} && apt-get clean")
    stamp.write_text(wanted)
    return folder


@contextlib.contextmanager
def clean_debian(package: Path, shared: Path) -> Iterator[Debian]:
    """Enter a Debian without the package; ``shared`` is there by the same name, and stays."""
    layer = shared / "layer"
    layer.mkdir()
    with _entered(_LAYER, base(package), layer / "machine", str(layer), str(shared)) as debian:
        yield debian


@contextlib.contextmanager
def _entered(prepare: str, lower: Path, machine: Path, *arguments: str) -> Iterator[Debian]:
    """Enter a system; its mounts and processes end with the block."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c"]
    command += [f"{prepare.strip()} && {_ENTER.strip()}", "sh", str(lower), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"ready\n"
            children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
            yield Debian(children[0], machine)
        finally:
            holder.kill()


def newer(package: Path, version: str, folder: Path) -> Path:
    """Return the package once more as another version: in its control file and in the program."""
    content = folder / "newer"
    _run("dpkg-deb", "-R", str(package), str(content))
    control = content / "DEBIAN" / "control"
    old = _output("dpkg-deb", "-f", str(package), "Version").strip()
    control.write_text(control.read_text().replace(f"Version: {old}", f"Version: {version}"))
    [program] = content.glob("usr/lib/odc-agent/lib/python3.*/site-packages/agent/__init__.py")
    program.write_text(program.read_text().replace(old, version))
    file = folder / "newer.deb"
    _run("dpkg-deb", "-Znone", "--root-owner-group", "-b", str(content), str(file))
    shutil.rmtree(content)
    return file


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{command}: not done in {LIMIT} s\n{late.stdout!r}") from None
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    if (reason := why_not_here()) is not None:
        sys.exit(f"A clean Debian cannot be made here: {reason}.")
