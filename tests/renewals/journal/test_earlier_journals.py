"""Journals that earlier versions wrote are read, and their renewals go on."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

from confirming import CA, Confirming, Server
from renewal_maker import NOW, PRIVATE

from agent.renewals.journal.journal import Journal
from agent.renewals.journal.states import State
from agent.renewals.steps.steps import advance

BEFORE_EXCHANGES = Path(__file__).with_name("before_exchanges.sql")
"""Written by commit 43f4c2f, when no enrolment kept notes: one renewal at a plain EST server, submitted."""


async def test_a_renewal_from_before_enrolments_kept_notes_goes_on(tmp_path, vault):
    file, server = tmp_path / "renewals.sqlite", Server()
    with closing(sqlite3.connect(file)) as database:
        database.executescript(BEFORE_EXCHANGES.read_text("utf-8"))
    with closing(Journal(file, vault)) as journal:
        [renewal] = journal.all()
        assert (renewal.state, renewal.private.exchange) == (State.SUBMITTED, b"")
        assert renewal.private.manifest == PRIVATE.manifest
        context = SimpleNamespace(
            signed=None,
            enrolment=Confirming(server),
            dossier=None,
            issuers=(CA,),
            clock=lambda: NOW,
            save=journal.save,
            abandoned_after=dt.timedelta(days=30),
        )
        while renewal.state is not State.INSTALLING:
            renewal = await advance(context, renewal)
        [certificate] = server.issued.values()
        stored = journal.get(renewal.id).private
        assert (stored.new_certificate, stored.exchange[:5]) == (certificate, b"heard")
