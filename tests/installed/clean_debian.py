"""A clean Debian in a folder, entered as its own machine: mounts and processes end with it.

``debootstrap`` fetches it once, with what the package depends on, into ``build/``; each test works on a
copy. Mirror and release are those of this machine's apt.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "deb-test"
LIMIT = 300
_ENTER = """
mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
mount -t tmpfs run "$1/run" && exec chroot "$1" sh -c 'echo ready; exec sleep infinity'
"""


def base(package: Path) -> Path:
    """Return the tar of a Debian with the package's dependencies, without the package."""
    kept = KEPT / "base.tar"
    if kept.exists():
        return kept
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = KEPT / "root"
    shutil.rmtree(folder, ignore_errors=True)
    release = _output("dpkg-query", "-f", "${Version}", "-W", "base-files").split(".")[0]
    codename = {"12": "bookworm", "13": "trixie"}.get(release.split("+")[0], "bookworm")
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {codename}")
    mirror = _output(*query).splitlines()[0]
    _run("debootstrap", "--variant=minbase", codename, str(folder), mirror)
    for file in Path("/etc/apt/apt.conf.d").iterdir():  # a proxy, where this machine has one
        shutil.copy(file, folder / "etc/apt/apt.conf.d" / file.name)
    # Recommended are a font, a tray and drivers: what is tested does without.
    (folder / "etc/apt/apt.conf.d/99test").write_text('APT::Install-Recommends "false";\n')
    shutil.copy(package, folder / "package.deb")
    with clean_debian(folder) as debian:
        debian("apt-get update -qq && apt-get install -y -qq /package.deb adduser xvfb xauth dbus")
        debian("dpkg --purge odc-agent && rm /package.deb && apt-get clean")
    _run("tar", "-C", str(folder), "-cf", str(kept), ".")
    shutil.rmtree(folder)
    return kept


@contextlib.contextmanager
def clean_debian(folder: Path):
    """Enter the system in ``folder``; yields a function that runs a shell command there as root."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "sh"]
    with subprocess.Popen([*command, str(folder)], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"ready\n"
            children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
            yield _Entered(children[0], folder)
        finally:
            holder.kill()


class _Entered:
    """Runs commands in the system whose first process is ``pid``."""

    def __init__(self, pid: str, folder: Path) -> None:
        # The folder by name, whatever the process's root is: never this machine's own.
        self._enter = ["nsenter", "-t", pid, "-m", "-p", "chroot", str(folder)]

    def __call__(self, command: str, *, user: str = "root", check: bool = True) -> str:
        words = [*self._enter, "su", "-s", "/bin/bash", user, "-c", command]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        done = subprocess.run(
            words, capture_output=True, text=True, env=environment, timeout=LIMIT, check=False
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


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
    _run("dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "-b", str(content), str(file))
    return file


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
