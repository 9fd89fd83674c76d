"""``odc-agent run``: the agent itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable

from agent import __version__
from agent.api.client import CallError, Client, ConnectionLostError
from agent.app import Agent
from agent.cli.ground.outcome import Exit, explain
from agent.cli.running.quitting import quit_agent
from agent.cli.running.room import try_again_and_again
from agent.desktop.notices.choosing import this_desktops_display
from agent.desktop.notices.model import Notice, NotShownError
from agent.ground.clock import utc_now
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark, translate, user_language
from agent.settings.service import Settings
from agent.system.dumps import hide_memory
from agent.system.files import NotSavedError
from agent.system.hardening import write_privately
from agent.system.home import HomeNotUsableError, folder_of, see_to_folders, takes_nothing
from agent.system.late_imports import try_imports_again
from agent.system.lock import AgentLock, AlreadyRunningError, RunningElsewhereError
from agent.system.logs import set_up_logging
from agent.system.paths import find_paths
from agent.system.runtime import CONTROL_SOCKET
from agent.system.start_failure import StartFailedError, note_failure
from agent.system.starting import AgentMissingError, connect

log = logging.getLogger(__name__)

END_SECONDS = 20.0
"""How long an agent that was asked to end may take: a step that is under way is finished."""


class OtherVersionRunsError(OdcError):
    """Another version of the agent runs for this user; it is left alone."""

    code = "other_version_runs"
    sentence = mark("Version {running} of the agent is running (process {pid}); this one is {own}.")
    advice = mark(
        "To change over run `odc-agent quit` and start this one; renewals under way go on."
    )


async def _run(*, has_tray: bool) -> bool:
    """Run the agent; return whether it is to be started anew."""
    paths = find_paths()
    agent = Agent(Settings(paths), paths, has_tray=has_tray)
    await agent.run()
    return agent.is_to_start_anew


def run(*, has_tray: bool, replaces: bool = False, waits: bool = False) -> int:
    """Run the agent until it is asked to end.

    Args:
        has_tray: show a tray icon.
        replaces: have one that runs, or waits, end first.
        waits: where nothing can be written to the home, wait until it can; where something fails, try
            again.
    """
    try_imports_again()
    write_privately()
    hide_memory()  # it has the key to dossiers, and what it says to a worker is done
    lock_seconds = _end_other() if replaces else 0

    def start(runs: Callable[[], None]) -> bool:
        return _failing_in_words(
            lambda: _run_alone(runs, has_tray=has_tray, lock_seconds=lock_seconds)
        )

    if waits and sys.platform != "win32":  # an upgrade while it waits; the agent has its own way
        signal.signal(signal.SIGHUP, lambda *_: _start_anew())
    try:
        is_to_start_anew = try_again_and_again(start, _tell) if waits else start(lambda: None)
    except RunningElsewhereError as error:
        _tell_unseen(error)  # nobody at this computer has an icon of it
        raise
    except AlreadyRunningError as error:
        if other := _other_version():
            raise other from None
        explain(error)
        return Exit.ALREADY_RUNS
    except OdcError as error:
        _leave_word(error)
        raise
    if is_to_start_anew:
        _start_anew()
    return Exit.DONE


def _start_anew() -> None:
    """Run the same command again, in place where the system knows how.

    In place: the same process for a service manager, the same display and session bus.
    """
    command = [sys.executable, *sys.orig_argv[1:]]
    if sys.platform == "win32":  # its exec quotes no spaces, and is a new process all the same
        subprocess.Popen(command)
    else:
        os.execv(sys.executable, command)  # noqa: S606 - no shell


def _other_version() -> OdcError | None:
    """Return what is to be said where the agent that runs is of another version."""
    try:
        with Client(connect(CONTROL_SOCKET, start=False), "odc-agent") as client:
            running, pid = client.welcome["version"], client.welcome["pid"]
    except (AgentMissingError, ConnectionLostError, CallError):
        return None  # it starts or ends just now, or is so different that it does not tell
    if running == __version__:
        return None
    return OtherVersionRunsError(running=running, pid=pid, own=__version__)


def _end_other() -> float:
    """Ask an agent that runs to end; return how long to wait for that."""
    with contextlib.suppress(OdcError, CallError, OSError, ValueError):
        quit_agent()
        return END_SECONDS
    return 0


def _run_alone(runs: Callable[[], None], *, has_tray: bool, lock_seconds: float) -> bool:
    """Run the agent while no other one does; return whether it is to be started anew.

    Args:
        runs: is called once its lock says so.
        has_tray: show a tray icon.
        lock_seconds: how long another one is waited for.
    """
    paths = find_paths()
    with AgentLock(paths.lock, seconds=lock_seconds):
        runs()
        mended = see_to_folders(paths.data, paths.logs)
        set_up_logging(paths.logs, to_stderr=sys.stderr is not None and sys.stderr.isatty())
        for what in mended:
            log.warning("%s", what)
        return asyncio.run(_run(has_tray=has_tray))


def _failing_in_words(run_alone: Callable[[], bool]) -> bool:
    """Run the agent; whatever nobody foresaw is in the log, and is told like what was foreseen.

    Raises:
        OdcError: why it does not run.
    """
    try:
        return run_alone()
    except NotSavedError as error:
        raise HomeNotUsableError(folder=_data(), reason=error.values["reason"]) from error
    except (OdcError, KeyboardInterrupt):
        raise
    except Exception as error:
        if takes_nothing(error):  # the disk was filled since the folders were seen to
            folder = folder_of(error) or _data()
            raise HomeNotUsableError(folder=folder, reason=reason_of(error)) from error
        logs = find_paths().logs
        with contextlib.suppress(OSError):
            if not logging.root.handlers:
                set_up_logging(logs, to_stderr=False)
        log.exception("agent failed")
        what = f"{type(error).__name__}: {reason_of(error)}"
        raise StartFailedError(reason=what, log=str(logs / "agent.log")) from error


def _data() -> str:
    return str(find_paths().data)


def _tell(error: OdcError) -> None:
    """Say why the agent has not started, where it is printed and where it is seen."""
    explain(error)
    _leave_word(error)


def _leave_word(error: OdcError) -> None:
    """Say why the agent does not run wherever somebody may look for that: log, status, desktop."""
    log.error("agent does not run code=%s %s", error.code, error)
    is_news = note_failure(find_paths().data, error.report(), utc_now())
    if not isinstance(error, StartFailedError):
        _tell_unseen(error)
    elif is_news and not _is_read():
        asyncio.run(_show(error))  # under systemd, too: that tries again, and says nothing


def _tell_unseen(error: OdcError) -> None:
    """Say on the desktop what nobody reads where it is printed."""
    if _is_unseen():
        asyncio.run(_show(error))


def _is_unseen() -> bool:
    """Return whether nobody reads what is printed here.

    Where systemd started this it is tried again, at last by what the desktop starts: that one says it.
    """
    return not _is_read() and "NOTIFY_SOCKET" not in os.environ


def _is_read() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


async def _show(error: OdcError) -> None:
    """Say on the desktop why the agent does not start, where there is one."""
    language = user_language()
    display = this_desktops_display(lambda: language, login=0.0)
    sentences = filter(None, (error.text(language), error.advice_text(language)))
    title = translate(mark("Certificate Manager"), language)
    try:
        await display.show("start", Notice(title=title, text="\n".join(sentences), is_urgent=True))
    except NotShownError as shortcoming:
        log.warning("notice not shown: %s", shortcoming)
    await display.close()
