"""Desks with a virtual card behind OpenSC."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from chaos_desk import Authority, ChaosDesk, Token, Zygote
from chaos_points import Case

from sandbox.desk.desk import Holder
from sandbox.home import Home
from sandbox.usb_token.drawer import DEFAULT_NAME, Drawer
from sandbox.usb_token.opensc import opensc_module


class UsbDesks:
    """Makes desks with a virtual card behind OpenSC; a pcscd must be there."""

    def __init__(self, folder: Path, logging_module: Path) -> None:
        self._module = logging_module
        self._authority = Authority(folder / "authority")
        desk = self._authority.desk
        holder = Holder()
        desk.run(
            "sandbox", "issue-token", "--usb-token", DEFAULT_NAME, "--expired-days", "961",
            "--organisation", holder.organisation, "--uscc", holder.uscc, "--pin-stdin",
            stdin=f"{holder.pin}\n".encode(),
        )  # fmt: skip
        Drawer(desk.home).pull(DEFAULT_NAME)
        self._prepared = desk.home.folder / "usb-tokens"
        self._authority.start()
        self._zygote = Zygote()

    @contextlib.contextmanager
    def desk(self, folder: Path, case: Case | None) -> Iterator[ChaosDesk]:
        """Give a desk in an empty folder with a short name, its token plugged in."""
        self._authority.forget()
        drawer = folder / "drawer"
        shutil.copytree(self._prepared, drawer / "usb-tokens")
        environment = {"FAULTY_FORWARD": str(opensc_module())}
        token = Token(self._module, drawer, environment, DEFAULT_NAME)
        with ChaosDesk(folder, self._zygote, self._authority, token, case) as desk:
            desk.plug()
            try:
                yield desk
            finally:
                if not desk.is_pulled:
                    Drawer(Home(drawer)).pull(DEFAULT_NAME)

    def close(self) -> None:
        self._zygote.close()
        self._authority.close()
