"""Where the local API's sockets are.

Sockets live in the platform's runtime folder, in a 0700 folder of ours; where there is none, or it is
somebody else's, below the home. Socket paths are limited to about 100 bytes, so a checksum of the data
folder stands in the name, not the path itself.

The native host starts through here: only what the interpreter brings anyway is imported at the top,
since ``pathlib`` alone would double its start.
"""

from __future__ import annotations

import os
import sys
import zlib

from agent.system.peers import is_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CONTROL_SOCKET = "control.sock"
BROWSER_SOCKET = "browser.sock"
_NAME = "odc-agent"
_LONGEST = 75
"""Bytes of a folder in which a socket named like that of a PIN still has its room."""


class RuntimeFolderError(Exception):
    """The runtime folder cannot be trusted: it belongs to somebody else or is open to others."""


def program() -> str:
    """Return the program that runs our modules: the interpreter, or a program of ours that is one too.

    Frozen (PyInstaller) the native host is a program of its own, and a process goes by the name of its
    program. On Windows it is the one without a console.
    """
    if sys.platform == "win32":
        return own_program("odc-agent") or _without_console(sys.executable)
    if not getattr(sys, "frozen", False):
        return sys.executable
    return os.path.join(os.path.dirname(sys.executable), "odc-agent")


def own_program(name: str) -> str:
    """Return an installed program of ours on Windows; empty where Python's own program runs us.

    Those are small programs around the interpreter (``installer/windows/launchers``), and take its
    arguments; one of them runs us, the others lie beside it.
    """
    folder, running = os.path.split(sys.executable)
    is_ours = sys.platform == "win32" and running.lower().startswith("odc-")
    return os.path.join(folder, f"{name}.exe") if is_ours else ""


def _without_console(interpreter: str) -> str:
    """Return Python's program for what has no console, where there is one beside the other."""
    other = os.path.join(os.path.dirname(interpreter), "pythonw.exe")
    return other if os.path.exists(other) else interpreter


def module_command(module: str, *arguments: str, interpreter: str = "") -> list[str]:
    """Return the command that runs one of our modules, isolated from whatever Python the user has.

    Args:
        module: what ``python -m`` would run.
        arguments: for it.
        interpreter: what runs it, this process's own program where nothing is said.
    """
    interpreter = interpreter or sys.executable
    if getattr(sys, "frozen", False):
        return [interpreter, "-I", "-m", module, *arguments]
    folder, own = os.path.split(os.path.abspath(__file__))
    # Installed on Windows there are compiled files alone.
    start = os.path.join(folder, "start_module" + os.path.splitext(own)[1])
    return [interpreter, "-I", start, module, *arguments]


def home_override(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder ``ODC_HOME`` names, which then holds all data; None when it is not set."""
    from pathlib import Path  # noqa: PLC0415 - see the module docstring

    home = home_path(environment)
    return Path(home) if home else None


def runtime_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this user's sockets under ``environment``, without making it."""
    from pathlib import Path  # noqa: PLC0415 - see the module docstring

    return Path(runtime_path(environment))


def runtime_path(environment: Mapping[str, str] = os.environ) -> str:
    """Return :func:`runtime_folder` as text: where the agent says it listens, else where one would."""
    noted = noted_path(environment)
    if os.path.isdir(noted) and _is_usable(noted):
        return noted
    folders = _folders(environment)
    return next(filter(_is_usable, folders), folders[-1])


def noted_path(environment: Mapping[str, str] = os.environ) -> str:
    """Return the folder in which the home's agent listens, by its own note; empty where there is none.

    Whoever comes by ``su``, ``sudo``, ssh or cron has another runtime folder, or none, and the same home.
    """
    try:
        # A pipe in its place would be waited for.
        note = os.open(note_file(environment), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return ""
    try:
        return os.fsdecode(os.read(note, 4096)).partition("\0")[0]
    except OSError:
        return ""
    finally:
        os.close(note)


def note_file(environment: Mapping[str, str] = os.environ) -> str:
    """Return the file in which a home's agent leaves word where it listens."""
    return os.path.join(data_path(environment), "listening")


def ensure_runtime_folder() -> Path:
    """Make the runtime folder where it is missing and return it: the first that is, or can be, ours alone.

    Raises:
        RuntimeFolderError: none is.
    """
    folder = next(private_folders(), None)
    if folder is None:
        raise RuntimeFolderError(f"no folder for sockets: {', '.join(_folders(os.environ))}")
    return folder


def private_folders() -> Iterator[Path]:
    """Yield the folders that could be the runtime folder, made for this user alone, the best one first."""
    from pathlib import Path  # noqa: PLC0415 - see the module docstring

    for name in _folders(os.environ):
        folder = Path(name)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_ours = is_private(folder)
        except OSError:
            continue
        if is_ours:
            yield folder


def data_path(environment: Mapping[str, str] = os.environ) -> str:
    """Return the folder of saved data as :func:`agent.system.paths.find_paths` has it."""
    home = home_path(environment)
    return os.path.join(home, "data") if home else _usual_data(environment)


def home_path(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return :func:`home_override` as text."""
    value = environment.get("ODC_HOME")
    return _real(value) if value else None


def _real(path: str) -> str:
    """Return a path without links; as it is where the system does not tell, as of a long one."""
    try:
        return os.path.realpath(path)
    except OSError:
        return os.path.abspath(path)


def _is_usable(folder: str) -> bool:
    """Return whether a folder is this user's alone, or can be made."""
    try:
        return is_private(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False


if sys.platform == "win32":

    def _usual_data(environment: Mapping[str, str]) -> str:
        return os.path.join(_local(environment), _NAME)

    def _local(environment: Mapping[str, str]) -> str:
        return environment.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")

    def _folders(environment: Mapping[str, str]) -> list[str]:
        return [os.path.join(_local(environment), _own_name(environment))]

else:

    def _usual_data(environment: Mapping[str, str]) -> str:
        home = environment.get("HOME") or os.path.expanduser("~")
        if sys.platform == "darwin":
            return os.path.join(home, "Library/Application Support", _NAME)
        folder = environment.get("XDG_DATA_HOME", "").strip()
        return os.path.join(folder or os.path.join(home, ".local/share"), _NAME)

    def _folders(environment: Mapping[str, str]) -> list[str]:
        """Return where sockets may be: the system's folders for that, below the home, for everybody."""
        name = _own_name(environment)
        found = [f"{given}/{name}" for given in _systems(environment) if _is_own(given)]
        below = os.path.join(data_path(environment), "run")
        if len(os.fsencode(below)) <= _LONGEST:
            found.append(below)
        # Everybody may write there: the name says whose it is, is_private that it is so.
        return [*found, f"/tmp/{_NAME}-{os.getuid()}{name.removeprefix(_NAME)}"]  # noqa: S108

    def _systems(environment: Mapping[str, str]) -> list[str]:
        """Return the folders the system keeps for this user's run-time files."""
        if sys.platform == "darwin":
            return [os.confstr("CS_DARWIN_USER_TEMP_DIR") or ""]
        return [environment.get("XDG_RUNTIME_DIR") or "", f"/run/user/{os.getuid()}"]

    def _is_own(folder: str) -> bool:
        """Return whether a folder is there and this user's: ``su`` keeps the one of whoever called it."""
        try:
            return bool(folder) and os.path.isdir(folder) and os.stat(folder).st_uid == os.getuid()
        except OSError:
            return False


def _own_name(environment: Mapping[str, str]) -> str:
    """Return the name of a folder for this home, so that no two homes of one user share sockets.

    A checksum is enough to tell homes apart, and imports nothing: the native host has to be quick.
    """
    return f"{_NAME}-{zlib.crc32(os.fsencode(_real(data_path(environment)))):08x}"
