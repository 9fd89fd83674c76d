"""A driver over a journal, whose authority a test plays."""

from __future__ import annotations

import datetime as dt
from contextlib import asynccontextmanager
from types import SimpleNamespace

from renewal_maker import NOW

from agent.renewals.steps.driver import Driver


@asynccontextmanager
async def driving(journal, authority, scans=None):
    """Drive what is in the journal, with an authority whose answers are all that is asked for."""
    context = SimpleNamespace(
        signed=None,
        dossier=authority,
        scans=scans,
        clock=lambda: NOW,
        save=journal.save,
        abandoned_after=dt.timedelta(days=30),
    )
    driver = Driver(
        journal=journal, save=journal.save, context_of=lambda _: context, clock=lambda: NOW
    )
    try:
        yield driver
    finally:
        await driver.close()
