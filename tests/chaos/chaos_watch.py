"""Finds the points of an agent from outside: by what it does to databases, files, sockets and workers.

Nothing in the agent knows of it, and nothing here knows the steps of a renewal: what is added to them
is found by itself.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import urllib.parse
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from chaos_points import Kind
from chaos_striker import Striker, spare

from agent.network.reader import Answer, Limits, Reader, Request
from agent.renewals.authorities.cmp.messages import read_message
from agent.renewals.authorities.cmp.talk import MEDIA_TYPE
from agent.tokens.worker_process import WorkerProcess

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_FILE_EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def watch(striker: Striker, data: Path) -> None:
    """Have ``striker`` told of all that this process does; ``data`` is the agent's folder."""
    _watch_databases(striker, data)
    _watch_files(striker, data)
    _watch_authority(striker)
    _watch_workers(striker)


def _watch_databases(striker: Striker, data: Path) -> None:
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        """Tells of each transaction what it writes, where that is a word of a state also that."""

        written: Sequence[str] = ()

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            verb = sql.split(None, 1)[0].upper()
            if verb == "BEGIN":
                self.written = ()
            if verb in _WRITES:
                self.written = (*self.written, _words_of(sql, parameters))
            is_alone = verb in _WRITES and not self.in_transaction
            if not is_alone and not (verb == "COMMIT" and self.written):
                return super().execute(sql, parameters)
            name, self.written = ", ".join(self.written), ()
            with striker.passing(f"{Kind.JOURNAL} {name}"):
                return super().execute(sql, parameters)

        def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
            with striker.passing(f"{Kind.JOURNAL} script"):
                return super().executescript(sql_script)

    def watched(database: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if data in _file_of(database, is_uri=options.get("uri", False)).parents:
            options.setdefault("factory", Watched)
        return connect(database, *arguments, **options)

    sqlite3.connect = watched


def _file_of(database: Any, *, is_uri: bool) -> Path:
    if is_uri:
        database = urllib.parse.unquote(urllib.parse.urlsplit(database).path)
    return Path(database)


def _words_of(sql: str, parameters: Sequence[object]) -> str:
    """Return verb, table and the states a statement writes: all that tells it from others."""
    words = [word for word in sql.split() if word.upper() not in {"INTO", "FROM", "OR", "REPLACE"}]
    states = [str(value) for value in parameters if isinstance(value, StrEnum)]
    return " ".join([*words[:2], *states])


def _watch_files(striker: Striker, data: Path) -> None:
    prefix = f"{data}{os.sep}"

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _FILE_EVENTS:
            return
        if event == "open" and not (arguments[2] or 0) & _WRITING:
            return
        file = arguments[1] if event in {"os.rename", "os.link"} else arguments[0]
        if not isinstance(file, str | bytes | os.PathLike):
            return
        path = os.fsdecode(file)
        if path.startswith(prefix):
            verb = event.removeprefix("os.")
            with striker.passing(f"{Kind.FILE} {verb} {path.removeprefix(prefix)}"):
                pass

    sys.addaudithook(hook)


def _watch_authority(striker: Striker) -> None:
    ask = Reader.ask

    async def watched(self: Reader, request: Request, limits: Limits) -> Answer:
        path = urllib.parse.urlsplit(request.url).path
        route = f"{request.method} *{path}"
        name = f"{Kind.HTTP} {request.method} {path}{_message_in(request)}"
        with striker.passing(name, route=route):
            return await ask(self, request, limits)

    Reader.ask = watched


def _message_in(request: Request) -> str:
    """Return the kind of a CMP message, all of which go to one path."""
    if request.headers.get("Content-Type") != MEDIA_TYPE or request.content is None:
        return ""
    return f" {read_message(request.content).kind.name}"


def _watch_workers(striker: Striker) -> None:
    call = WorkerProcess.call

    async def watched(self: WorkerProcess, request: Any, **options: Any) -> Any:
        spare(self.pid)
        with striker.passing(f"{Kind.WORKER} {type(request).__name__}", worker=self.pid):
            return await call(self, request, **options)

    WorkerProcess.call = watched
