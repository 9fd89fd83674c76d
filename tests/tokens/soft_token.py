"""A SoftHSM of a test's own, filled by another process, as a card office would. Needs softhsm2."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from agent.tokens.model import ModuleContent, ModuleSettings, TokenReference
from agent.tokens.pin import send_pin
from agent.tokens.supervisor import ModuleWorker, PinSession, pin_session

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
SPY = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so"
"""OpenSC's module that writes every call down and passes it on."""
PIN = "135790"
LABEL = "测试KEY"

_WRITER = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A, ObjectClass as C
from pkcs11.constants import CertificateType

order = json.load(sys.stdin)
token = pkcs11.lib(order["module"]).get_token(token_label=order["label"])
with token.open(rw=True, user_pin=order["pin"]) as session:
    for id, label, value in order["certificates"]:
        session.create_object({
            A.CLASS: C.CERTIFICATE, A.CERTIFICATE_TYPE: CertificateType.X_509, A.TOKEN: True,
            A.PRIVATE: False, A.ID: bytes.fromhex(id), A.LABEL: label,
            A.SUBJECT: b"0\\0", A.VALUE: bytes.fromhex(value),
        })
    for kind, id in order["destroy"]:
        for found in list(session.get_objects({A.CLASS: C[kind], A.ID: bytes.fromhex(id)})):
            found.destroy()
    names = ["SENSITIVE", "EXTRACTABLE", "PRIVATE", "LOCAL", "NEVER_EXTRACTABLE", "SIGN", "DECRYPT"]
    for kind, id in order["show"]:
        for found in list(session.get_objects({A.CLASS: C[kind], A.ID: bytes.fromhex(id)})):
            print(json.dumps({name: found[A[name]] for name in names}))
"""


class SoftTokens:
    """A folder of SoftHSM tokens, and the module settings to see them."""

    def __init__(self, folder: Path, *, is_removable: bool = False) -> None:
        self.folder = folder
        self.store = folder / "tokens"
        self.store.mkdir(parents=True)
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self.store}\n"
            "objectstore.backend = file\nlog.level = ERROR\n"
            f"slots.removable = {str(is_removable).lower()}\n"
        )

    @property
    def settings(self) -> ModuleSettings:
        return ModuleSettings(path=MODULE, environment={"SOFTHSM2_CONF": str(self.configuration)})

    def spied_on(self, log: Path) -> ModuleSettings:
        """Return settings under which every PKCS#11 call is written to ``log``."""
        environment = {
            **self.settings.environment,
            "PKCS11SPY": MODULE,
            "PKCS11SPY_OUTPUT": str(log),
        }
        return ModuleSettings(path=SPY, environment=environment)

    def initialise(self, label: str | bytes = LABEL, pin: str = PIN) -> None:
        self._run(
            "softhsm2-util", "--init-token", "--free", "--label", label,
            "--so-pin", "87654321", "--pin", pin,
        )  # fmt: skip

    def write(self, *certificates: tuple[str, str, bytes], label: str = LABEL) -> None:
        """Write certificate objects: CKA_ID in hex, CKA_LABEL, value."""
        listed = [(key_id, name, value.hex()) for key_id, name, value in certificates]
        self._order(label, certificates=listed)

    def destroy(self, kind: str, key_id: bytes, label: str = LABEL) -> None:
        """Destroy objects of one kind, such as ``PUBLIC_KEY``."""
        self._order(label, destroy=[(kind, key_id.hex())])

    def attributes(self, kind: str, key_id: bytes, label: str = LABEL) -> dict[str, bool]:
        """Return what the token says of a key."""
        return json.loads(self._order(label, show=[(kind, key_id.hex())]))

    def token_folder(self, label: str = LABEL) -> Path:
        """Return where the token of that label lies."""
        [found] = [
            folder
            for folder in self.store.iterdir()
            if label.encode() in (folder / "token.object").read_bytes()
        ]
        return found

    def pull_out(self, label: str = LABEL) -> None:
        shutil.move(self.token_folder(label), self.folder / label)

    def plug_in(self, label: str = LABEL) -> None:
        shutil.move(self.folder / label, self.store / label)

    async def content(self) -> ModuleContent:
        """Read everything with a worker of its own."""
        worker = ModuleWorker(self.settings)
        try:
            return await worker.content()
        finally:
            await worker.end()

    async def reference(self) -> TokenReference:
        """Return the name of the only token."""
        [token] = (await self.content()).tokens
        return TokenReference(module=MODULE, serial=token.facts.serial, label=token.facts.label)

    def _order(self, label: str, **orders: list) -> str:
        order = {"module": MODULE, "label": label, "pin": PIN}
        order |= {"certificates": [], "destroy": [], "show": [], **orders}
        return self._run(sys.executable, "-c", _WRITER, stdin=json.dumps(order))

    def _run(self, *command: str | bytes, stdin: str = "") -> str:
        done = subprocess.run(
            command,
            input=stdin,
            env={**os.environ, **self.settings.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@dataclass(frozen=True)
class Outcome:
    """What both sides were told of a login: an error, or None for success."""

    agent: BaseException | None
    typist: BaseException | None


async def type_pin(session: PinSession, pin: str | bytes) -> Outcome:
    """Type a PIN at the session's endpoint while the agent waits for the login."""
    typed = bytearray(pin if isinstance(pin, bytes) else pin.encode())
    agent, typist = await asyncio.gather(
        session.logged_in(30),
        asyncio.to_thread(send_pin, session.offer.endpoint, typed),
        return_exceptions=True,
    )
    return Outcome(agent, typist)


@contextlib.asynccontextmanager
async def logged_in(tokens: SoftTokens) -> AsyncIterator[PinSession]:
    """Give a session of the only token whose PIN has been entered."""
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        yield session
