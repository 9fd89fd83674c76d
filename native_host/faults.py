"""What keeps a browser from being told of the host, and what a person does about it."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from pathlib import Path

from agent.ground.errors import OdcError
from agent.ground.language import mark


class FolderOfAnotherError(OdcError):
    """A folder of the user's that belongs to somebody else: of root, after ``sudo firefox``."""

    code = "folder_of_another"
    sentence = mark("{folder} belongs to {owner}, and may not be used by you.")
    advice = mark("Have it given back to you: sudo chown -R {user} {quoted}")


class FolderClosedError(OdcError):
    """A folder of the user's own without the permissions to use it."""

    code = "folder_closed"
    sentence = mark("{folder} may not be used by you: its permissions are {mode}.")
    advice = mark("Open it for yourself: chmod u+rwx {quoted}")


class AdministratorsFolderError(OdcError):
    """A place outside the user's home, which is not the user's to change."""

    code = "administrators_folder"
    sentence = mark("{file} can be written by the administrator only.")
    advice = mark("Run it as an administrator (Linux: with sudo), or ask yours.")


class ClosedToOthersError(OdcError):
    """What everybody's browser has to read lies below a folder that is closed to others."""

    code = "closed_to_others"
    sentence = mark("{file} is closed to the other users: the permissions of {folder} are {mode}.")
    advice = mark("Open the folder: chmod o+rx {quoted}")


class NotRegisteredError(OdcError):
    """The operating system refuses for another reason: a full disk, a folder that is a file."""

    code = "not_registered"
    sentence = mark("{file} cannot be written: {reason}")
    advice = mark("Remove what is in the way, then run odc-native-host install.")


class NoHostProgramError(OdcError):
    """What browsers would start on Windows is not there: a checkout that nobody installed."""

    code = "no_host_program"
    sentence = mark("Browsers on Windows start nothing but a program, and {file} is not there.")
    advice = mark(
        "Install the package, or have pip install this checkout, which makes the program."
    )


class UntellablePathError(OdcError):
    """Manifests are UTF-8, so that a browser cannot be told of a path of other bytes."""

    code = "untellable_path"
    sentence = mark("Browsers cannot be told of {file}: its name is not UTF-8.")
    advice = mark(
        "Set XDG_DATA_HOME to a folder whose name is plain, for the agent and for odc-native-host, "
        "or have the package installed, which needs no file in your home."
    )


def readable(path: Path) -> str:
    """Return a path as text that can be shown and sent, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "replace")


def is_tellable(path: Path) -> bool:
    """Return whether a manifest can name this path."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def obstacle(file: Path) -> OdcError | None:
    """Return what keeps this user from reading and writing ``file``; None where nothing does."""
    for folder in reversed(file.parents):
        # What is above a folder that is not there has been found open: it can be made.
        if not os.path.lexists(folder):
            return None
        if not folder.is_dir():
            return NotRegisteredError(file=readable(file), reason=os.strerror(errno.ENOTDIR))
        wanted = os.X_OK | os.W_OK if _would_be_written(folder, file) else os.X_OK
        if not os.access(folder, wanted):
            return _not_usable(folder, file)
    return None


def fault_of(file: Path, error: OSError) -> OdcError:
    """Return in words why ``file`` could not be written."""
    reason = error.strerror or str(error)
    return obstacle(file) or NotRegisteredError(file=readable(file), reason=reason)


def closed_to_others(file: Path, root: Path) -> OdcError | None:
    """Return the folder below ``root`` that keeps other users from ``file``; None where none does."""
    if sys.platform == "win32" or not file.is_relative_to(root):
        return None
    for folder in reversed(file.parents):
        is_below = folder != root and folder.is_relative_to(root)
        if is_below and folder.exists() and folder.stat().st_mode & 0o005 != 0o005:
            return ClosedToOthersError(
                file=readable(file),
                folder=readable(folder),
                mode=_mode(folder),
                quoted=shlex.quote(readable(folder)),
            )
    return None


def _would_be_written(folder: Path, file: Path) -> bool:
    """Return whether writing ``file`` makes an entry in ``folder``: itself, or a folder on the way."""
    below = folder / file.relative_to(folder).parts[0]
    return below == file or not os.path.lexists(below)


def _not_usable(folder: Path, file: Path) -> OdcError:
    shown, quoted = readable(folder), shlex.quote(readable(folder))
    if not folder.is_relative_to(Path.home()):
        return AdministratorsFolderError(file=readable(file))
    owner, user = _owner(folder), _owner(None)
    if owner == user:
        return FolderClosedError(folder=shown, mode=_mode(folder), quoted=quoted)
    return FolderOfAnotherError(folder=shown, owner=owner, user=user, quoted=quoted)


def _owner(folder: Path | None) -> str:
    """Return whose ``folder`` is; who this process is for None. Windows does not tell by numbers."""
    if sys.platform == "win32":
        return ""
    import pwd  # noqa: PLC0415 - not on Windows

    number = os.geteuid() if folder is None else folder.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _mode(folder: Path) -> str:
    return f"{folder.stat().st_mode & 0o777:03o}"
