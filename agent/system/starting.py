"""Reaching the agent's sockets, and starting the agent when none runs.

Standard library only: the native host starts through here and must be up within milliseconds.
Two starters at once are harmless, since the agent itself holds a lock and the second one ends.
"""

from __future__ import annotations

import os
import sys
import time

from agent.system.peers import is_private, is_same_user
from agent.system.runtime import home_override, module_command, noted_path, program, runtime_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as plain_socket
    from collections.abc import Callable
    from subprocess import Popen

    # A connection of the interpreter's own type, or the pipe that has as much of its interface.
    if sys.platform == "win32":
        from agent.system.pipes.stream import PipeStream

        Stream = PipeStream
    else:
        Stream = plain_socket

NO_START = "ODC_NO_START"
"""Environment variable: when set, nothing here starts an agent (tests, administrators)."""
START_TIMEOUT = 15.0
"""Seconds an agent may take from its start to its open socket."""
CONNECT_TIMEOUT = 2.0
"""Seconds a running agent may take to accept a connection."""
GRACE_AFTER_EXIT = 3.0
"""Seconds left to another starter's agent after ours has ended with a failure."""
ALREADY_RUNS = 6
"""Exit code of an agent that leaves the work to another one: equals ``Exit.ALREADY_RUNS`` of
``agent.cli.ground.outcome`` (a test holds them equal)."""
FIRST_DELAY = 0.02
LONGEST_DELAY = 0.5

ANOTHERS = "the agent of this home belongs to another user; run the command as that user"
"""Why nothing is started beside it."""

_started: list[Popen[bytes]] = []
"""Agents started by this process. Kept so that the interpreter never waits for or warns of them."""


class AgentMissingError(Exception):
    """No agent can be reached, and none could be started."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def connect(
    socket_name: str,
    *,
    start: bool = True,
    timeout: float = START_TIMEOUT,
    folder: str | os.PathLike[str] | None = None,
) -> plain_socket:
    """Return a blocking connection to the agent that one may wait on; see :func:`connect_plainly`."""
    stream = connect_plainly(socket_name, start=start, timeout=timeout, folder=folder)
    if sys.platform == "win32":
        from agent.system.pipes.bridge import bridge  # noqa: PLC0415 - as above

        return bridge(stream)
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        return stream


def connect_plainly(
    socket_name: str,
    *,
    start: bool = True,
    timeout: float = START_TIMEOUT,
    folder: str | os.PathLike[str] | None = None,
) -> Stream:
    """Return a blocking connection to the agent's socket ``socket_name``, as cheap as there is one.

    Args:
        socket_name: ``agent.system.runtime.CONTROL_SOCKET`` or ``BROWSER_SOCKET``.
        start: start an agent where none runs, and wait for it.
        timeout: seconds to wait for an agent that was started.
        folder: where the socket is, when not in this user's own runtime folder.

    Raises:
        AgentMissingError: none runs and none was to be, or could be, started.
    """

    def path() -> str:
        # Where a new agent listens may be elsewhere than where the last one did.
        return os.path.join(folder or runtime_path(), socket_name)

    try:
        return _attempt(path())
    except OSError as error:
        if folder is None and _is_anothers():
            raise AgentMissingError(ANOTHERS) from error
        if not start or os.environ.get(NO_START):
            raise AgentMissingError(f"no agent is running ({error.strerror or error})") from error
    try:
        process = start_agent()
    except OSError as error:
        raise AgentMissingError(f"the agent cannot be started ({error})") from error
    return _wait_for(path, process, timeout)


def _is_anothers() -> bool:
    """Return whether the agent of this home runs as another user: one of ours would be in its way."""
    if sys.platform == "win32":
        return False
    try:
        return os.stat(noted_path()).st_uid != os.getuid()
    except OSError:
        return False


def start_agent() -> Popen[bytes]:
    """Start an agent that outlives this process and holds none of its pipes, and return it."""
    import subprocess  # noqa: PLC0415 - costs 10 ms that a relay to a running agent need not pay

    command = module_command("agent.cli", "run", interpreter=program())
    quiet = subprocess.DEVNULL
    folder = os.path.splitdrive(sys.executable)[0] + os.sep
    environment = _environment()
    process: Popen[bytes]
    if sys.platform == "win32":

        def spawn(flags: int) -> Popen[bytes]:
            return subprocess.Popen(
                command, stdin=quiet, stdout=quiet, stderr=quiet,
                cwd=folder, env=environment, creationflags=flags,
            )  # fmt: skip

        try:
            # Chrome ends everything in the host's job when the host ends.
            process = spawn(subprocess.DETACHED_PROCESS | subprocess.CREATE_BREAKAWAY_FROM_JOB)
        except PermissionError:  # a job that lets nothing go
            process = spawn(subprocess.DETACHED_PROCESS)
    else:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet,
            cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
    _started.append(process)
    return process


def has_started_one() -> bool:
    """Return whether this process has started an agent."""
    return bool(_started)


def _environment() -> dict[str, str]:
    """Return our environment; a relative ODC_HOME would be another folder from where it starts."""
    home = home_override()
    return {**os.environ, "ODC_HOME": os.fspath(home)} if home else dict(os.environ)


def _wait_for(path: Callable[[], str], process: Popen[bytes], timeout: float) -> Stream:
    """Connect again and again, with growing pauses, until ``timeout`` seconds have passed."""
    deadline = time.monotonic() + timeout
    delay = FIRST_DELAY
    ended = False
    while True:
        try:
            return _attempt(path())
        except OSError as error:
            now = time.monotonic()
            if not ended and process.poll() is not None:
                ended = True
                # Else another starter's holds the lock: it may take all the time that ours had.
                if process.returncode != ALREADY_RUNS:
                    deadline = min(deadline, now + GRACE_AFTER_EXIT)
            if now >= deadline:
                raise AgentMissingError(_why(process, timeout)) from error
            time.sleep(min(delay, deadline - now))
            delay = min(delay * 1.5, LONGEST_DELAY)


def _why(process: Popen[bytes], timeout: float) -> str:
    if process.returncode not in (None, ALREADY_RUNS):
        return f"the agent ended at its start with exit code {process.returncode}"
    return f"the agent did not open its socket within {timeout:g} s"


if sys.platform == "win32":

    def _attempt(path: str) -> Stream:
        """Connect once, to nobody's pipe but this user's."""
        from agent.system.pipes.stream import open_pipe, pipe_name  # noqa: PLC0415 - only where needed
        from agent.system.pipes.windows import WindowsSystem  # noqa: PLC0415 - only where needed

        return open_pipe(WindowsSystem(), pipe_name(path))

else:
    from _socket import AF_UNIX, SOCK_STREAM
    from _socket import socket as _socket

    def _attempt(path: str) -> Stream:
        """Connect once, to nobody's socket but this user's."""
        folder = os.path.dirname(path)
        if not is_private(folder):
            raise PermissionError(f"{folder} is not this user's alone")
        connection = _socket(AF_UNIX, SOCK_STREAM)
        try:
            connection.settimeout(CONNECT_TIMEOUT)
            connection.connect(path)
            _check_peer(connection)
            connection.settimeout(None)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_peer(connection: Stream) -> None:
        """Refuse an agent that runs as another user."""
        if not is_same_user(connection):
            raise PermissionError("the agent's socket belongs to another user")
