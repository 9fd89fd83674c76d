"""Try a frozen program as a person and a browser would; the first thing that fails ends it.

usage: python installer/frozen/smoke.py dist/odc-agent     (from the checkout, in its environment)

It has a home of its own and no browser is registered with. Where SoftHSM is, the sandbox renews a
certificate with it; where there is no screen, windows are left out. What is left out is said.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agent import __version__
from agent.desktop.display import has_display
from native_host.probe import ask_host
from sandbox.desk.desk import SOFTHSM

WINDOWS = {
    "main": "证照管家",
    "settings": "设置",
    "check": "环境检测",
    "help": "帮助",
    "about": "关于我们",
}
"""Windows that need nothing to show, with their titles."""
WINDOW_SECONDS = 5.0
"""How long each window has for ending at its start."""
MARKS = ("Traceback", "window ended", "window not opened", "tray ended", "No module named")
"""What in the agent's log tells of a part that is missing."""


class Frozen:
    """The folder of programs, with a home of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.agent = folder / "odc-agent"
        self.host = folder / "odc-native-host"
        self.home = home
        self.environment = {**os.environ, "ODC_HOME": os.fspath(home), "ODC_LANGUAGE": "zh_CN"}

    def run(self, *arguments: str, program: Path | None = None) -> str:
        """Run one command to its end and return what it prints; exit codes 0 and 1 are answers."""
        done = subprocess.run(
            [program or self.agent, *arguments],
            env=self.environment, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode > 1:
            sys.exit(f"{arguments}: exit code {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode("utf-8")


def try_commands(frozen: Frozen) -> None:
    """Command, interpreter and host are there, of this version, and speak Chinese."""
    for arguments in (["--version"], ["-I", "-m", "agent.cli", "--version"]):
        expect(frozen.run(*arguments).strip() == f"odc-agent {__version__}", arguments)
    expect("未注册" in frozen.run("list", program=frozen.host), "translations")
    expect(ask_host(frozen.host).host == __version__, "native host")


def try_checks(frozen: Frozen) -> None:
    """An agent starts by itself, and what 环境检测 finds is about the computer, not about us."""
    found = {item["name"]: item for item in json.loads(frozen.run("check", "--json"))["items"]}
    expect("python-pkcs11" in json.dumps(found["versions"]), "versions of libraries")
    expect(found["settings"]["state"] == "ok", found["settings"])
    modules = json.loads(frozen.run("modules", "--json"))["modules"]
    expect(bool(modules) or not Path(SOFTHSM).exists(), "token drivers")


def try_pac(frozen: Frozen) -> None:
    """A PAC program is run, though no window needs that engine."""
    request = {"script": "function FindProxyForURL(u, h) { return h }", "url": "", "host": "DIRECT"}
    done = subprocess.run(
        [frozen.agent, "-I", "-m", "agent.network.pac.worker"],
        input=json.dumps(request) + "\n", env=frozen.environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    expect(done.stdout.strip() == '{"answer": "DIRECT"}', done.stdout + done.stderr)


def try_windows(frozen: Frozen) -> None:
    """Windows open and stay, and so does the icon."""
    if not has_display():
        print("no screen: windows left out")
        return
    for name in WINDOWS:
        frozen.run("window", name)
    time.sleep(WINDOW_SECONDS)
    if sys.platform == "linux":
        for title in WINDOWS.values():
            subprocess.check_output(["xdotool", "search", "--onlyvisible", "--name", f"^{title}$"])


def try_renewal(frozen: Frozen) -> None:
    """The sandbox renews a certificate on SoftHSM with the frozen agent and its workers."""
    if not Path(SOFTHSM).exists():
        print("no SoftHSM: certificates and renewal left out")
        return
    home = frozen.home.with_name("demo")
    subprocess.run(
        [sys.executable, "-m", "sandbox", "demo", "--no-desktop", "--agent", frozen.agent],
        env={**frozen.environment, "ODC_HOME": os.fspath(home)},
        stdout=subprocess.DEVNULL, timeout=180, check=True,
    )  # fmt: skip


def try_log(frozen: Frozen) -> None:
    """Nothing in the agent's log tells of a part that is missing."""
    text = "".join(file.read_text("utf-8") for file in frozen.home.rglob("*.log*"))
    expect(bool(text) and not any(mark in text for mark in MARKS), text)


def expect(is_right: bool, what: object) -> None:
    """End with ``what`` is not right."""
    if not is_right:
        sys.exit(f"not right: {what}")


@contextmanager
def running_home(folder: Path) -> Iterator[Frozen]:
    """A home whose agent is asked to end at the end."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        frozen = Frozen(folder.absolute(), Path(name) / "home")
        frozen.home.mkdir()
        try:
            yield frozen
        finally:
            frozen.run("quit")


def main() -> None:
    """Run all, each told by its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what PyInstaller made: dist/odc-agent")
    steps: list[Callable[[Frozen], None]] = [
        try_commands, try_checks, try_pac, try_windows, try_renewal, try_log,
    ]  # fmt: skip
    with running_home(parser.parse_args().folder) as frozen:
        for step in steps:
            print(f"{step.__doc__}", flush=True)
            step(frozen)
    print("ok")


if __name__ == "__main__":
    main()
