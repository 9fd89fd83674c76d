"""Desks with a token that speaks SKF."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from chaos_desk import Authority, ChaosDesk, Token, Zygote
from chaos_points import Case
from skf_bench import SkfBench

from sandbox.desk.desk import SKF_NAME


class SkfDesks:
    """Makes desks with a token that speaks SKF, whose pairs are SM2."""

    def __init__(self, folder: Path, _logging_module: Path) -> None:
        self._authority = Authority(folder / "authority")
        desk = self._authority.desk
        desk.issue_skf_token("--sm2", "--expired-days", "961")
        desk.pull_skf()
        self._prepared = desk.home.folder / "skf-tokens" / f"{SKF_NAME}.json"
        self._authority.start()
        self._zygote = Zygote()

    @contextlib.contextmanager
    def desk(self, folder: Path, case: Case | None) -> Iterator[ChaosDesk]:
        """Give a desk in an empty folder with a short name, its token plugged in."""
        self._authority.forget()
        tokens = folder / "skf"
        tokens.mkdir()
        shutil.copy(self._prepared, tokens / "key.json")
        bench = SkfBench(tokens)
        bench.plug()
        token = Token(bench.library(), tokens, bench.environment, skf=bench)
        try:
            with ChaosDesk(folder, self._zygote, self._authority, token, case) as desk:
                yield desk
        finally:
            bench.close()

    def close(self) -> None:
        self._zygote.close()
        self._authority.close()
