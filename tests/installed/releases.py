"""Which Debian releases there are, each in its smallest form.

What was fetched of them is kept in the cache folder. Mirror and proxy are those of this machine's apt.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # scripts run it too

from cache_folder import CACHE, LIMIT, kept, output, run

PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
"""The releases and the Python of each."""
NUMBERS = {"12": "bookworm", "13": "trixie"}
# Recommended are a font, a tray and drivers: what is tested does without. Nobody is there to be asked.
_APT = 'APT::Install-Recommends "false";\nAcquire::Retries "3";\n#clear DPkg::Pre-Install-Pkgs;\n'
# The files of apt that are taken over are no packages', which would ask about them.
_DPKG = "force-unsafe-io\nforce-confold\n"
_SERVICES = "#!/bin/sh\nexit 101\n"
"""No package starts its daemon (Debian's interface for that): it would hold what waits for its installer."""


def this_release() -> str | None:
    """Return the codename of this machine's release, or None where that is none of those."""
    version = output("dpkg-query", "-f", "${Version}", "-W", "base-files")
    return NUMBERS.get(re.split(r"\D", version)[0])


def release_of(package: Path) -> str:
    """Return the codename of the release whose Python a package wants."""
    depends = output("dpkg-deb", "-f", str(package), "Depends")
    found = [name for name, python in PYTHONS.items() if f"python3 (>= {python})" in depends]
    assert len(found) == 1, depends
    return found[0]


def why_not_fetched(codename: str) -> str | None:
    """Return why a release cannot be fetched from here; None where it can, or is kept already."""
    if this_release() is None:
        return "this machine is no Debian 12 or 13"
    if any(CACHE.glob(f"{codename}-minimal-*/complete")):
        return None
    if not Path("/usr/share/debootstrap/scripts", codename).exists():
        return f"debootstrap is not here, or does not know {codename}"
    with tempfile.TemporaryDirectory() as name:
        release = f"{_mirror()}/dists/{codename}/Release"
        command = ("/usr/lib/apt/apt-helper", "download-file", release, f"{name}/Release")
        done = subprocess.run(command, capture_output=True, check=False, timeout=LIMIT)
    return f"there is no {release}" if done.returncode else None


def minimal(codename: str) -> Path:
    """Return the folder of a release as debootstrap makes it at its smallest, and fit to take packages."""

    def make(folder: Path) -> None:
        # Its mounts end with it, also where it is killed: nobody could remove the folder else. And nobody
        # misses what a cut of power would take of it: the disk is waited for at no package.
        command = (
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("env", "DPKG_FORCE=unsafe-io", "debootstrap", "--variant=minbase"),
            *(codename, str(folder), _mirror()),
        )
        try:
            run(*command)
        except AssertionError:  # a mirror that stalls does not do so twice
            shutil.rmtree(folder, ignore_errors=True)
            run(*command)
        _take_over(folder)

    return kept(f"{codename}-minimal", f"{_mirror()}\n{_APT}{_DPKG}{_SERVICES}", make)


def _mirror() -> str:
    """Return the address this machine's apt has its release from; the others are beside it."""
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {this_release()}")
    return output(*query).splitlines()[0].rstrip("/")


def _take_over(folder: Path) -> None:
    """Give a new system what this machine reaches the network by, and no more than packages need."""
    for file in Path("/etc/apt/apt.conf.d").iterdir():  # a proxy, where this machine has one
        shutil.copy(file, folder / "etc/apt/apt.conf.d" / file.name)
    authorities = "usr/local/share/ca-certificates"  # a company's own, where it has any
    shutil.copytree(Path("/", authorities), folder / authorities, dirs_exist_ok=True)
    (folder / "etc/apt/apt.conf.d/99test").write_text(_APT)
    (folder / "etc/dpkg/dpkg.cfg.d/test").write_text(_DPKG)
    policy = folder / "usr/sbin/policy-rc.d"
    policy.write_text(_SERVICES)
    policy.chmod(0o755)
