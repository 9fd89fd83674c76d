"""导出清单: all certificates as a table or as a calendar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.api.client import Json
from agent.api.exports.calendar import as_calendar
from agent.api.exports.table import as_csv
from agent.ground.clock import utc_now
from agent.windows.window import Context


def with_list(
    context: Context, listed: Json, file: Path, write: Callable[[Path, bytes], None]
) -> None:
    """Have ``write`` called with a calendar where the file is named as one, else with a table.

    Which days have an alarm is asked of the agent, so that may be a moment later.
    """
    language = context.words.language
    if file.suffix.lower() != ".ics":
        write(file, as_csv(listed, language).encode())
        return

    def answered(answer: Json) -> None:
        values = {setting["key"]: setting["value"] for setting in answer["settings"]}
        thresholds = values["reminders.thresholds"]
        write(file, as_calendar(listed, thresholds, utc_now(), language).encode())

    context.link.call("settings.get", None, answered)
