"""One look at a repository of updates by python-tuf's client. Blocking: called in a thread.

Signatures, rollback and expiry are judged by the client (TUF specification, 5). What it raises becomes
an error that says which way of being deceived it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
from tuf.api import exceptions as tuf
from tuf.ngclient import FetcherInterface, TargetFile, Updater, UpdaterConfig

from agent import __version__
from agent.errors import OdcError
from agent.paths import make_private
from agent.updates.errors import (
    NoUpdateError,
    UpdateExpiredError,
    UpdateMixedUpError,
    UpdateNotSavedError,
    UpdateRolledBackError,
    UpdateTamperedError,
    UpdateUnreachableError,
)
from agent.updates.model import Release, release_target

TIMEOUT_SECONDS = 30.0
MAX_RELEASE_BYTES = 100_000
Progress = Callable[[int, int], None]
"""Called with the bytes received and the bytes to come."""


class Repository:
    """The publisher's repository, trusted by its first root."""

    def __init__(self, url: str, root: Path, folder: Path) -> None:
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
            return msgspec.json.decode(self._fetched(updater, target).read_bytes(), type=Release)

    def download(self, release: Release, progress: Progress) -> Path:
        """Fetch the release's package, verify it and return where it lies."""
        with _told_apart():
            fetcher = _Fetcher()
            updater = self._updater(fetcher)
            target = updater.get_targetinfo(release.package)
            if target is None:
                raise NoUpdateError
            fetcher.progress = lambda received: progress(received, target.length)
            return self._fetched(updater, target)

    def _updater(self, fetcher: _Fetcher | None = None) -> Updater:
        make_private(self._metadata)
        make_private(self._targets)
        return Updater(
            metadata_dir=str(self._metadata),
            metadata_base_url=f"{self._url}/metadata/",
            target_dir=str(self._targets),
            target_base_url=f"{self._url}/targets/",
            fetcher=fetcher or _Fetcher(),
            config=UpdaterConfig(max_root_rotations=32),
            bootstrap=self._root.read_bytes(),
        )

    def _fetched(self, updater: Updater, target: TargetFile) -> Path:
        # By its own last name alone: a system's installer goes by the suffix.
        file = self._targets / Path(target.path).name
        if updater.find_cached_target(target, str(file)) is None:
            partly = file.with_name(f".{file.name}")
            updater.download_target(target, str(partly))
            partly.replace(file)
        return file


class _Fetcher(FetcherInterface):
    """Fetches with the agent's own HTTP library, so that one proxy and one set of CAs hold."""

    def __init__(self) -> None:
        self.progress: Callable[[int], None] = lambda _received: None

    def _fetch(self, url: str) -> Iterator[bytes]:
        headers = {"User-Agent": f"odc-agent/{__version__}", "Accept-Encoding": "identity"}
        with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT_SECONDS) as response:
            if response.status_code != httpx.codes.OK:
                raise tuf.DownloadHTTPError(f"{response.status_code}", response.status_code)
            received = 0
            for chunk in response.iter_bytes(65536):
                received += len(chunk)
                self.progress(received)
                yield chunk


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what the client raises into errors for a person."""
    try:
        yield
    except tuf.DownloadLengthMismatchError as error:
        raise UpdateTamperedError from error
    except (tuf.DownloadError, httpx.HTTPError) as error:
        raise UpdateUnreachableError(reason=str(error.__cause__ or error)[:200]) from error
    except (tuf.RepositoryError, msgspec.DecodeError) as error:
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
