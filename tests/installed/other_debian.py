"""This checkout on the other Debian: its demo, its package on a clean system, and some of the tests.

The other one is Debian 13 where this machine is 12, and 12 elsewhere. The system is a layer above one that
``releases.py`` keeps; of pip, what it fetched and built is kept. Where no other Debian can be made it says so
in one line, and that is no failure. With ``--within SECONDS`` what takes longer is left out, and named.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clean_debian import ENVIRONMENT, ROOT, Debian, base, layer_above, why_not_here, with_packages
from releases import CACHE, NUMBERS, release_of, this_release, why_not_fetched

CHECKOUT = "/checkout"
BUILD = "debhelper lintian"
"""What `make deb` needs beyond the demo."""
DRIVEN = (
    "dbus gnutls-bin iproute2 nodejs opensc opensc-pkcs11 openssl p11-kit procps vsmartcard-vpcd"
)
PEERS = (
    "desktop-file-utils ecj fish gsettings-desktop-schemas libbcpkix-java libbcprov-java "
    "libnss3 libnss3-tools opencryptoki zsh"
)
"""What only the tests below want, and takes long to fetch."""
TESTS = (
    "certificates", "checks/test_authority_check.py", "checks/test_way_out.py", "ground", "installed", "keys",
    "native_host", "network", "remembered", "reminders", "sandbox/authority/test_sandbox_bare_keys.py",
    "sandbox/server/test_sandbox_openapi.py", "settings", "sites", "system", "tokens/discovery",
    "tokens/worker/test_foreign_modules.py", "tokens/worker/test_key_import.py", "updates",
    "usb_token/test_own_pcscd.py",
)  # fmt: skip
"""What depends on Python, OpenSSL, token drivers and pcscd, and is soon done."""
PACKAGE_TEST = "systemd"
"""Of the package's tests, the one that needs no browser: installed, started at login, kept alive."""
SYSTEM, PACKAGE = "a system of the other release", "the package's test"
LIMIT = 900
"""Seconds for each step."""
LEAST = {"": 60, SYSTEM: 240, PACKAGE: 150}
"""Seconds no step can do with less than; those two are not ended once they have begun."""


def main() -> None:
    """Try everything; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description="Try this checkout on the other Debian.")
    parser.add_argument("--within", type=float, default=math.inf, metavar="SECONDS")
    time_left = TimeLeft(parser.parse_args().within)
    other = next(name for name in reversed(NUMBERS.values()) if name != this_release())
    if (reason := why_not_here() or why_not_fetched(other)) is not None:
        print(f"The other Debian ({other}) is not tried: {reason}.")
        return
    began = time.monotonic()
    if not time_left.is_enough_for(SYSTEM):
        print(f"The other Debian ({other}) is not tried: there is no time left for it.")
        return
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        shared, pip = Path(name), CACHE / "pip"
        pip.mkdir(parents=True, exist_ok=True)
        with told(f"{other} with what the checkout needs"):
            lower = with_packages(other, "for-checkout", _install())
        with layer_above(lower, shared, pip) as debian:
            _try(Checkout(debian, shared, pip, time_left))
    left_out = f"; no time for {', '.join(time_left.left_out)}" if time_left.left_out else ""
    print(f"{other}: all well, {time.monotonic() - began:.0f} s{left_out}")


class TimeLeft:
    """How long may still be tried, and what was left out for it."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self.left_out: list[str] = []

    def seconds(self) -> float:
        """Return what is left."""
        return self._deadline - time.monotonic()

    def is_enough_for(self, title: str) -> bool:
        """Say whether a step may begin; one that may not is left out."""
        is_enough = self.seconds() >= LEAST.get(title, LEAST[""])
        if not is_enough:
            self.left_out.append(title)
        return is_enough


class Checkout:
    """The files of this checkout in the other system."""

    def __init__(self, debian: Debian, shared: Path, pip: Path, time_left: TimeLeft) -> None:
        self._debian = debian
        self.shared = shared
        self.time_left = time_left
        variables = {**ENVIRONMENT, "PIP_CACHE_DIR": str(pip)}
        # The system's authorities, with those of this machine among them.
        variables["PIP_CERT"] = "/etc/ssl/certs/ca-certificates.crt"
        variables |= {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        self._variables = variables
        listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
        packed = ("tar", "--create", "--null", "--files-from=-", f"--file={shared}/checkout.tar")
        subprocess.run(packed, cwd=ROOT, input=names, check=True)
        debian(f"mkdir {CHECKOUT} && tar x --no-same-owner -C {CHECKOUT} -f {shared}/checkout.tar")

    def run(self, title: str, command: str) -> bool:
        """Run a shell command there; what it says is shown where it fails. False where time ran out."""
        if not self.time_left.is_enough_for(title):
            return False
        left = self.time_left.seconds()
        exports = " ".join(shlex.join((f"{n}={v}",)) for n, v in self._variables.items())
        inside = f"cd {CHECKOUT} && export {exports} && {command}"
        try:
            with told(title):
                done = subprocess.run(
                    self._debian.command(inside),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                    env=ENVIRONMENT, timeout=min(left, LIMIT), check=False,
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            if left > LIMIT:
                raise
            self.time_left.left_out.append(title)
            return False
        if done.returncode:
            sys.exit(f"{title} failed:\n{done.stdout}")
        return True


def _try(checkout: Checkout) -> None:
    if not checkout.run("make demo", "make demo"):
        return
    # Side by side: both are one program after another.
    with ThreadPoolExecutor() as pool:
        package = pool.submit(_package, checkout)
        tests = pool.submit(_tests, checkout)
        package.result()
        tests.result()


def _package(checkout: Checkout) -> None:
    folder = checkout.shared / "dist"
    if not checkout.run("make deb", f"installer/deb {folder}"):
        return
    if not checkout.time_left.is_enough_for(PACKAGE):
        return
    [package] = folder.glob("*.deb")
    with told(f"a clean {release_of(package)} for the package"):
        base(package)
    command = [sys.executable, "-m", "pytest", "tests/installed", "-m", "deb", "-k", PACKAGE_TEST]
    with told(PACKAGE):
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "ODC_PACKAGE": str(package)}, check=True
        )


def _tests(checkout: Checkout) -> None:
    names = " ".join(f"tests/{name}" for name in TESTS)
    if checkout.run(
        "what tests need", f"apt-get install -y -qq {PEERS} && installer/bootstrap dev"
    ):
        python = f"PATH={CHECKOUT}/.venv/bin:$PATH ODC_TEST_WORKERS=2"
        checkout.run("tests", f"{python} tests/run -q {names}")


def _install() -> str:
    lines = (ROOT / "requirements" / "apt-run.txt").read_text("utf-8").splitlines()
    needed = (line for line in lines if not line.startswith("#"))
    return f"apt-get install -y -qq git make {' '.join(needed)} {BUILD} {DRIVEN}"


@contextlib.contextmanager
def told(title: str) -> Iterator[None]:
    """Say how long the block took."""
    began = time.monotonic()
    yield
    print(f"  {title}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
