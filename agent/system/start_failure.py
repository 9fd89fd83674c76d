"""Why the agent did not start, or did not go on: left on the disk for whoever asks, until one runs again.

What starts it at login or from a browser reads nothing it prints.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.reports import ErrorReport
from agent.system.damage import read_whole
from agent.system.files import write_private
from agent.system.runtime import private_folders

log = logging.getLogger(__name__)

_NAME = "start-failed.json"
SAME_FOR = dt.timedelta(minutes=10)
"""How long the same failure is not told on the desktop again: it is tried again every few seconds."""


class StartFailedError(OdcError):
    """The agent has ended by a mistake of ours, or of the system's, that nobody foresaw."""

    code = "start_failed"
    sentence = mark("The agent ended, since something in it failed: {reason}")
    advice = mark(
        "It is tried again a few times. If it does not come back, send the end of the file {log} to who "
        "looks after this program."
    )


class StartFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The last start that failed."""

    pid: int
    at: dt.datetime
    report: ErrorReport


def note_failure(data: Path, report: ErrorReport, now: dt.datetime) -> bool:
    """Leave word of a failure, and say whether it is news."""
    before = last_failure(data)
    content = msgspec.json.encode(StartFailure(pid=os.getpid(), at=now, report=report))
    for file in _files(data):
        try:
            write_private(file, content)
        except OSError as error:
            log.warning("failure not noted file=%s reason=%s", file, error)
            continue
        break
    is_same = before is not None and before.report == report
    return not (is_same and before is not None and abs(now - before.at) < SAME_FOR)


def last_failure(data: Path) -> StartFailure | None:
    """Return why the last start failed; None where it did not."""
    for file in _files(data):
        with contextlib.suppress(OSError, ValueError, msgspec.DecodeError):
            return from_json(read_whole(file), StartFailure)
    return None


def forget_failure(data: Path) -> None:
    """Forget it: an agent runs."""
    for file in _files(data):
        with contextlib.suppress(OSError):
            held_files.remove(file)


def _files(data: Path) -> list[Path]:
    """Return where word is left: among the data, or where their disk takes nothing, beside the sockets."""
    return [data / _NAME, *(folder / _NAME for folder in private_folders())]
