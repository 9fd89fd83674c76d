"""``odc-agent certs --csv`` and ``--ics``: the certificates for a spreadsheet, or for a calendar."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.api.client import Client, Json
from agent.api.exports.calendar import as_calendar
from agent.api.exports.table import as_csv
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.progress import progress
from agent.ground.clock import utc_now
from agent.ground.errors import InvalidInputError
from agent.ground.language import mark, user_language


def export(*, is_calendar: bool, output: Path | None) -> int:
    """Print the table or the calendar as it is, or write it into ``output``."""
    with agent() as client:
        with progress(mark("Reading the tokens …")):
            listed = client.call("tokens.list", {"refresh": True})
        text = _calendar(client, listed) if is_calendar else as_csv(listed, user_language())
    content = text.encode()
    if output is None:
        sys.stdout.buffer.write(content)  # bytes, since the ends of its lines are what they are
        sys.stdout.flush()
        return Exit.DONE
    try:
        output.write_bytes(content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInputError(what="--output", reason=reason) from error
    return Exit.DONE


def _calendar(client: Client, listed: Json) -> str:
    settings = client.call("settings.get")["settings"]
    thresholds = next(s["value"] for s in settings if s["key"] == "reminders.thresholds")
    return as_calendar(listed, thresholds, utc_now(), user_language())
