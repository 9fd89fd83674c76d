"""Formatting a plugged-in token and writing to it, both through OpenSC as any administrator would."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pkcs11

from agent.checks.probes.smart_cards import look_at_smart_cards
from agent.checks.verdicts.smart_cards import Service
from sandbox.desk.cards import Card
from sandbox.home import SandboxError
from sandbox.usb_token.drawer import Drawer, TokenInDrawer
from sandbox.usb_token.room import room_commands
from sandbox.usb_token.vpcd import PORTS
from sandbox.usb_token.wording import text

_MODULES = (
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
)
SEEN_SECONDS = 10.0
_PUK_DIGITS = 16


def opensc_module() -> Path:
    """Return the path of OpenSC's PKCS#11 module.

    Raises:
        SandboxError: it is not installed.
    """
    for path in map(Path, _MODULES):
        if path.exists():
            return path
    raise SandboxError(text("no_opensc"))


@contextlib.contextmanager
def plugged_card(drawer: Drawer, name: str, module: Path, label: str, pin: str) -> Iterator[Card]:
    """Give the token ``name`` with its user logged in; made, plugged in and formatted where needed.

    Raises:
        SandboxError: there is no reader, the smart card service refuses this user, the PIN is wrong, or the
            token refuses something.
    """
    _check_service()
    drawer.make(name)
    port = drawer.plug(name)
    token = drawer.token(name)
    if not token.is_formatted:
        format_token(drawer, token, port, label=label, pin=pin)
    with _slots_of(module) as slots:
        found = _find(slots, token)
        try:
            with found.open(rw=True, user_pin=pin) as session:
                yield Card(session)
        except pkcs11.PinIncorrect as error:
            raise SandboxError(text("wrong_pin", name=name)) from error
        except pkcs11.PinLocked as error:
            raise SandboxError(text("locked", name=name, puk=token.puk_file)) from error
        except pkcs11.PinLenRange as error:
            raise SandboxError(text("bad_pin")) from error
        except pkcs11.PKCS11Error as error:
            raise SandboxError(text("failed", name=name, reason=type(error).__name__)) from error
    drawer.replug(name)


def _check_service() -> None:
    """Say so where pcscd lets only others in: with polkit, those who sit at the computer."""
    facts = look_at_smart_cards(has_token=False)
    if facts.service is Service.FORBIDDEN:
        raise SandboxError(text("refused", reason=facts.reason))


def format_token(drawer: Drawer, token: TokenInDrawer, port: int, *, label: str, pin: str) -> None:
    """Write an empty PKCS#15 structure, the PIN and a PUK of the token's own.

    Raises:
        SandboxError: OpenSC's programs are missing or fail.
    """
    puk = "".join(secrets.choice("0123456789") for _ in range(_PUK_DIGITS))
    drawer.keep_puk(token.name, puk)
    reader = ("--reader", f"Virtual PCD 00 {PORTS.index(port):02}") if port in PORTS else ()
    _run(
        token.name,
        "pkcs15-init", "--create-pkcs15", "--profile", "pkcs15+onepin", *reader,
        "--label", label, "--serial", token.serial,
        # Named here, given in the environment: other users read a command line, not that.
        "--pin", "env:ODC_TOKEN_PIN", "--puk", "env:ODC_TOKEN_PUK",
        environment={"ODC_TOKEN_PIN": pin, "ODC_TOKEN_PUK": puk},
    )  # fmt: skip
    commands = [option for apdu in room_commands() for option in ("--send-apdu", apdu)]
    _run(token.name, "opensc-tool", *reader, *commands, environment={})


def _run(name: str, *command: str, environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SandboxError(text("no_opensc")) from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise SandboxError(text("not_formatted", name=name, reason=reason))


Slots = Callable[[], list[pkcs11.Slot]]


@contextlib.contextmanager
def _slots_of(module: Path) -> Iterator[Slots]:
    """Load the module and give a function that lists its slots with a token, as they are then."""
    try:
        library = pkcs11.lib(str(module))
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise SandboxError(text("no_opensc")) from error
    try:
        yield functools.partial(library.get_slots, token_present=True)
    finally:
        pkcs11.unload(str(module))


def _find(slots: Slots, token: TokenInDrawer) -> pkcs11.Token:
    """Return the token by its serial number, once OpenSC has seen it."""
    deadline = time.monotonic() + SEEN_SECONDS
    while time.monotonic() < deadline:
        for slot in slots():
            with contextlib.suppress(pkcs11.TokenNotRecognised, pkcs11.TokenNotPresent):
                found: pkcs11.Token = slot.get_token()
                if found.serial.decode("ascii", "replace") == token.serial:
                    return found
        time.sleep(0.1)
    raise SandboxError(text("not_seen", name=token.name))
