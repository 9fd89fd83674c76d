"""A desk with dossiers that are filled in."""

from __future__ import annotations

from contextlib import closing

import pytest
from dossier_desk import Desk

from agent.renewals.journal.journal import Journal


@pytest.fixture
def desk(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield Desk(tmp_path, vault, journal)
