"""One look at a repository of updates by python-tuf's client. Blocking: called in a thread.

Signatures, rollback and expiry are judged by the client (TUF specification, 5). What it raises becomes
an error that says which way of being deceived it is.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, Root
from tuf.ngclient import TargetFile, Updater, UpdaterConfig

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.ground.errors import OdcError, reason_of
from agent.ground.text_files import TextEncodingError, read_text_file
from agent.system.paths import make_private
from agent.updates.errors import (
    NoUpdateError,
    UpdateExpiredError,
    UpdateMixedUpError,
    UpdateNotSavedError,
    UpdateRolledBackError,
    UpdateRootError,
    UpdateTamperedError,
    UpdateUnreachableError,
)
from agent.updates.fetching import Fetcher
from agent.updates.model import Release, release_target

MAX_RELEASE_BYTES = 100_000
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,200}")
"""Of a package on disk: nothing any system takes for a folder, a drive or a device of its own."""
Progress = Callable[[int, int], None]
"""Called with the bytes received and the bytes to come."""


class Repository:
    """The publisher's repository, trusted by its first root."""

    def __init__(self, url: str, root: Path, folder: Path, fetcher: Fetcher) -> None:
        """Look at ``url`` by ``fetcher``; what was fetched is kept in ``folder``."""
        self._fetcher = fetcher
        self._url = url.rstrip("/")
        self._root = root
        self._metadata = folder / "metadata"
        self._targets = folder / "packages"

    def newest(self) -> Release | None:
        """Return the newest release for this system; None where there is none for it.

        Raises:
            OdcError: one of ``agent.updates.errors``.
        """
        with _told_apart():
            updater = self._updater()
            target = updater.get_targetinfo(release_target())
            if target is None:
                return None
            if target.length > MAX_RELEASE_BYTES:
                raise UpdateTamperedError
            file = self._fetched(updater, target)
            return from_json(held_files.read_bytes(file), Release)

    def download(self, release: Release, progress: Progress) -> Path:
        """Fetch the release's package, verify it and return where it lies."""
        with _told_apart():
            updater = self._updater()
            target = updater.get_targetinfo(release.package)
            if target is None:
                raise NoUpdateError
            part = self._targets / f".{target.hashes[min(target.hashes)][:32]}.part"
            self.forget_packages(part.name, Path(target.path).name)
            self._fetcher.keep(part, lambda received: progress(received, target.length))
            with _kept_while_right(part):
                return self._fetched(updater, target)

    def forget_packages(self, *but: str) -> None:
        """Remove what was fetched of other versions; a package may be a hundred megabytes."""
        for file in self._targets.glob("*"):
            if file.name not in but:
                held_files.remove(file)

    def _updater(self) -> Updater:
        make_private(self._metadata)
        make_private(self._targets)
        return Updater(
            metadata_dir=str(self._metadata),
            metadata_base_url=f"{self._url}/metadata/",
            target_dir=str(self._targets),
            target_base_url=f"{self._url}/targets/",
            fetcher=self._fetcher,
            config=UpdaterConfig(max_root_rotations=32),
            bootstrap=self._first_root(),
        )

    def _first_root(self) -> bytes:
        """Return what all trust begins with; UpdateRootError where the installation has none."""
        try:
            root = read_text_file(self._root).encode()
            if not isinstance(Metadata.from_bytes(root).signed, Root):
                raise UpdateRootError(file=str(self._root), reason="not a root")
        except OSError as error:
            raise UpdateRootError(file=str(self._root), reason=reason_of(error)) from error
        except TextEncodingError as error:
            raise UpdateRootError(file=str(self._root), reason=str(error)) from error
        except tuf.RepositoryError as error:
            raise UpdateRootError(file=str(self._root), reason=str(error)[:200]) from error
        return root

    def _fetched(self, updater: Updater, target: TargetFile) -> Path:
        # By its own last name alone: a system's installer goes by the suffix.
        name = target.path.rpartition("/")[2]
        if not _FILE_NAME.fullmatch(name):
            raise UpdateTamperedError
        file = self._targets / name
        if updater.find_cached_target(target, str(file)) is None:
            verified = file.with_name(f".{name}")
            try:
                updater.download_target(target, str(verified))
                held_files.replace(verified, file)
            finally:
                held_files.discard(verified)  # cut short: the disk is full
        return file


@contextlib.contextmanager
def _kept_while_right(part: Path) -> Iterator[None]:
    """Keep what has come only after a break, from which the next try goes on."""
    is_worth_keeping = False
    try:
        yield
    except (tuf.DownloadLengthMismatchError, tuf.RepositoryError):
        raise
    except (tuf.DownloadError, OdcError):
        is_worth_keeping = True
        raise
    finally:
        if not is_worth_keeping:
            held_files.discard(part)


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what the client raises into errors for a person."""
    try:
        yield
    except tuf.DownloadLengthMismatchError as error:
        raise UpdateTamperedError from error
    except tuf.DownloadError as error:
        raise UpdateUnreachableError(reason=str(error.__cause__ or error)[:200]) from error
    except (tuf.RepositoryError, msgspec.DecodeError, RecursionError) as error:
        raise _deception(error) from error
    except OSError as error:
        raise UpdateNotSavedError(reason=error.strerror or str(error)) from error


def _deception(error: Exception) -> OdcError:
    if isinstance(error, tuf.ExpiredMetadataError):
        return UpdateExpiredError()
    if isinstance(error, tuf.BadVersionNumberError):
        # "Expected targets v2, got v1.": asked for one version, got another one's content. All else
        # is a number that went down.
        is_other = str(error).startswith("Expected") and ".json" not in str(error)
        return UpdateMixedUpError() if is_other else UpdateRolledBackError()
    return UpdateTamperedError()
