"""Packages as the tests make them, and a Windows on which they are installed."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from parts import ROOT
from softhsm import softhsm

from native_host.identity import HOST_NAME

CHROME = rf"Software\Google\Chrome\NativeMessagingHosts\{HOST_NAME}"
QUIET = "NOAUTOSTART=1"
SECONDS = 180
HERE = Path(__file__).parent


def package(folder, out, version, only, *signing):
    command = [
        sys.executable,
        ROOT / "installer/windows/msi.py",
        "--for-tests",
        "--version",
        version,
    ]
    done = subprocess.run(
        [*command, "--only", only, folder, out, *signing],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.strip())


class Machine:
    """A Windows with a desk of tokens and an authority, on which packages are installed."""

    def __init__(self, windows):
        self.windows = windows
        self.home = windows.drive / "desk"
        self.home.mkdir()
        windows.environment["ODC_HOME"] = windows.path(self.home)
        self.program = windows.drive / "Program Files" / "odc-agent"

    def msiexec(self, *arguments):
        """Install or remove in silence; return the exit code."""
        return self.windows.run_unheard("msiexec", *arguments, "/qn")

    def agent(self, *words):
        done = self.windows.run(self.program / "odc-agent.com", *words, env={"ODC_NO_START": "1"})
        return done.stdout.decode("utf-8", "replace")

    def status(self):
        """What the running agent says of itself; None where none runs."""
        with contextlib.suppress(ValueError, KeyError):
            found = json.loads(self.agent("status", "--json"))
            return found if found.get("running", True) and "version" in found else None
        return None

    def call(self, method, **params):
        done = self.windows.run(
            self.windows.python, self.windows.path(HERE / "calling.py"), method, json.dumps(params)
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def wait_for(self, what):
        deadline = time.monotonic() + SECONDS
        while not (found := what()):
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.3)
        return found

    @contextlib.contextmanager
    def authority(self):
        """An authority and a token while the block runs."""
        shutil.copytree(softhsm(), self.windows.drive / "SoftHSM2" / "lib")
        script = self.windows.path(HERE / "desk_there.py")
        home = self.windows.path(self.home)
        with self.windows.start(self.windows.python, script, home) as process:
            assert process.stdout.readline().strip() == b"ready"
            yield
            process.stdin.close()
            process.wait(SECONDS)

    def files(self):
        """Everything on the drive but what is the user's, Windows Installer's and temporary."""
        skipped = (
            "users/",
            "desk/",
            "SoftHSM2/",
            "windows/Installer/",
            "windows/temp/",
            "windows/Temp/",
        )
        every = (str(f.relative_to(self.windows.drive)) for f in self.windows.drive.rglob("*"))
        return {name for name in every if not f"{name}/".startswith(skipped)}

    def menu(self):
        found = self.windows.drive.rglob("*.lnk")
        return [f.stem for f in found if f.stem in ("证照管家", "Certificate Manager")]


def said_in(log):
    content = log.read_bytes()
    return (
        content.decode("utf-16")
        if content.startswith(b"\xff\xfe")
        else content.decode("gbk", "replace")
    )
