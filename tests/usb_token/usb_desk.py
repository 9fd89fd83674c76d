"""Drives ``odc-sandbox usb-token`` and looks at the tokens as other programs do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from agent.tokens.model import ModuleContent, ModuleSettings, TokenReference
from agent.tokens.supervisor import ModuleWorker
from sandbox.home import Home
from sandbox.usb_token.opensc import opensc_module
from sandbox.usb_token.process import plugged

PIN = "135790"
WRONG = "000000"
USCC = "91440300MA5DA0000F"
ORGANISATION = "深圳市样例有限公司"
SEEN_SECONDS = 10.0

_LOGINS = """
import json, sys
import pkcs11

library = pkcs11.lib(sys.argv[1])
[slot] = library.get_slots(token_present=True)
outcomes = []
for pin in json.load(sys.stdin):
    error = ""
    try:
        slot.get_token().open(user_pin=pin).close()
    except pkcs11.PKCS11Error as raised:
        error = type(raised).__name__
    flags = slot.get_token().flags
    outcomes.append([error, *(flag.name for flag in pkcs11.TokenFlag if flag & flags)])
json.dump(outcomes, sys.stdout)
"""


class UsbDesk:
    """A home with virtual tokens in it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.module = str(opensc_module())

    @property
    def settings(self) -> ModuleSettings:
        """OpenSC's module, as the agent is told of it."""
        return ModuleSettings(path=self.module)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``odc-sandbox`` to its end, whatever that is."""
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--home",
            os.fspath(self.home.folder),
            *arguments,
        ]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def do(self, *arguments: str, stdin: str = "") -> str:
        """Run ``odc-sandbox``, which must succeed, and return what it printed."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def issue(
        self,
        name: str,
        *,
        organisation: str = ORGANISATION,
        validity: tuple = ("--expired-days", "961"),
    ) -> dict:
        text = self.do(
            "issue-token", "--usb-token", name, "--organisation", organisation, "--uscc", USCC,
            *validity, "--pin-stdin", "--json", stdin=f"{PIN}\n",
        )  # fmt: skip
        return json.loads(text)

    def format(self, name: str) -> None:
        self.do("usb-token", "plug", name, "--pin-stdin", stdin=f"{PIN}\n")

    def plug(self, name: str) -> None:
        self.do("usb-token", "plug", name)

    def pull(self, name: str) -> None:
        self.do("usb-token", "pull", name)

    def listed(self) -> dict[str, dict]:
        """Return what ``usb-token list`` tells, by name."""
        return {
            token["name"]: token for token in json.loads(self.do("usb-token", "list", "--json"))
        }

    def puk(self, name: str) -> str:
        return Path(self.listed()[name]["puk_file"]).read_text()

    def pkcs11_tool(self, *arguments: str, check: bool = True) -> str:
        """Run ``pkcs11-tool`` with OpenSC's module."""
        done = subprocess.run(
            ["pkcs11-tool", "--module", self.module, *arguments], capture_output=True, check=False
        )
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode == 0 or not check, text
        return text

    def serials(self) -> set[str]:
        """Return the tokens another program sees."""
        return set(re.findall(r"serial num\s*: (\w+)", self.pkcs11_tool("--list-slots")))

    def wait_for_serials(self, *serials: str) -> float:
        """Wait until exactly these tokens are seen, and return how long that took."""
        start = time.monotonic()
        while self.serials() != set(serials):
            assert time.monotonic() - start < SEEN_SECONDS, self.serials()
            time.sleep(0.05)
        return time.monotonic() - start

    def log_in(self, *pins: str) -> list[list[str]]:
        """Try PINs one after the other in one process: the error or "", then the flags after it.

        OpenSC 0.23 asks an IsoApplet for the tries that are left by no command of its own: a program
        learns of them by a wrong try, and forgets with its end.
        """
        done = subprocess.run(
            [sys.executable, "-c", _LOGINS, self.module], input=json.dumps(pins),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def unblock(self, name: str, pin: str) -> None:
        """Give the only token a new PIN by its PUK."""
        done = subprocess.run(
            ["pkcs15-tool", "--unblock-pin", "--auth-id", "01",
             "--puk", self.puk(name), "--new-pin", pin],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def process(self, name: str) -> int:
        """Return the process that is a plugged-in token."""
        running = plugged(self.home.folder / "usb-tokens" / f"{name}.json")
        assert running is not None
        return running.pid

    async def content(self) -> ModuleContent:
        """Read everything with a worker of the agent's."""
        worker = ModuleWorker(self.settings)
        try:
            return await worker.content()
        finally:
            await worker.end()

    async def reference(self) -> TokenReference:
        """Return the name of the only token."""
        [token] = (await self.content()).tokens
        return TokenReference(
            module=self.module, serial=token.facts.serial, label=token.facts.label
        )
