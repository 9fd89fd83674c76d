"""The agent's log: codes and identifiers in English, rotated, never a secret or a person's data."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from pathlib import Path

from agent.ground.clock import utc_now
from agent.ground.harmless import is_hidden
from agent.ground.streams import escaped
from agent.system.damage import lay_aside
from agent.system.paths import make_private

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MAX_BYTES = 1024 * 1024
_KEPT = 3
_PUT_OFF_BYTES = 64 * 1024


class _OneLine(logging.Formatter):
    """Writes each record as one line on which nothing is hidden: what a stranger said forges none."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; line ends and what is hidden are escaped, in a traceback too."""
        line = super().format(record)
        if line.isprintable():
            return line
        return "".join(_ESCAPES.get(c, escaped(c)) if is_hidden(c) else c for c in line)


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log that is begun anew once it is full, not before the line that would fill it.

    So no line has to be put into words twice, nor the file looked for at each: half of a line's time.
    """

    _put_off_by = 0
    """Bytes more than it may have, since it could not be begun anew."""

    def shouldRollover(self, _record: logging.LogRecord) -> bool:  # noqa: N802 - logging's name
        return self.stream is not None and self.stream.tell() >= self.maxBytes + self._put_off_by

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        """Begin it anew; where that is refused go on in it, and try again some lines later.

        Windows renames and removes no file that somebody has open, to read it; without this each line
        would be lost until he closes it.
        """
        try:
            super().doRollover()
            self._put_off_by = 0
        except OSError:
            self.stream = self._open()
            self._put_off_by = self.stream.tell() - self.maxBytes + _PUT_OFF_BYTES

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leave out a line that a full disk does not take: else its traceback went to standard error."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _log_file(file: Path) -> _LogFile:
    """Open the log; what is in its place and is none is laid aside."""
    if os.path.lexists(file) and not file.is_file():
        lay_aside(file, utc_now())
    return _LogFile(
        file,
        maxBytes=_MAX_BYTES,
        backupCount=_KEPT,
        encoding="utf-8",
        errors="backslashreplace",  # folders have names that are no text
    )


def set_up_logging(folder: Path, *, to_stderr: bool) -> None:
    """Write to ``folder``/agent.log, and to the terminal where there is one to read it."""
    make_private(folder)
    handlers: list[logging.Handler] = [_log_file(folder / "agent.log")]
    if to_stderr:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(_OneLine(_FORMAT))
    # Begun anew after a failed start: what was set up for that one is closed.
    is_again = any(isinstance(handler, _LogFile) for handler in logging.root.handlers)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=is_again)
    # httpx tells every URL, APScheduler every tick.
    for chatty in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
