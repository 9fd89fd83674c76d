"""A desk whose keys have been made: generating them again for each test would take most of its time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import Desk

NOBODY = "https://127.0.0.1:9"
"""Where no authority answers."""


@dataclass(frozen=True)
class Prepared:
    """An authority's folder, a token whose pair it issued, and a dossier; nothing of it runs."""

    folder: Path
    issued: dict[str, Any]

    def lay_out(self, desk: Desk) -> dict[str, Any]:
        """Put copies onto a desk that has nothing yet, and return what was issued."""
        for name in ("sandbox", "token", "dossier"):
            shutil.copytree(self.folder / name, desk.folder / name)
        configuration = desk.token_configuration
        old, new = str(self.folder / "token"), str(configuration.parent)
        configuration.write_text(configuration.read_text("utf-8").replace(old, new), "utf-8")
        return {**self.issued, "configuration": str(configuration)}


@contextmanager
def prepared_desk() -> Iterator[Prepared]:
    """Prepare a token that expired 961 days ago; it lies ready for the block."""
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        with Desk(Path(name)) as desk:
            desk.start_authority()
            issued = desk.issue_token("--expired-days", "961")
            write_sample_dossier(desk.dossier)
        yield Prepared(Path(name), issued)
