"""Desks with a software token (SoftHSM)."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from chaos_desk import Authority, ChaosDesk, Token, Zygote
from chaos_points import Case

from sandbox.desk.desk import SOFTHSM


class SoftDesks:
    """Makes desks with a software token; what takes long is prepared once."""

    authority: type[Authority] = Authority
    validity = ("--expired-days", "961")

    def __init__(self, folder: Path, logging_module: Path) -> None:
        self._module = logging_module
        self._authority = self.authority(folder / "authority")
        self._authority.desk.issue_token(*self.validity)
        self._authority.start()
        self._prepared = self._authority.desk.token_configuration.parent / "tokens"
        self._zygote = Zygote()

    @contextlib.contextmanager
    def desk(self, folder: Path, case: Case | None) -> Iterator[ChaosDesk]:
        """Give a desk in an empty folder with a short name."""
        self._authority.forget()
        tokens = folder / "token" / "tokens"
        shutil.copytree(self._prepared, tokens)
        configuration = tokens.with_name("softhsm2.conf")
        configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
        environment = {"SOFTHSM2_CONF": str(configuration), "FAULTY_FORWARD": SOFTHSM}
        token = Token(self._module, tokens, environment)
        with ChaosDesk(folder, self._zygote, self._authority, token, case) as desk:
            yield desk

    def close(self) -> None:
        self._zygote.close()
        self._authority.close()
