"""The sandbox's home folder: what lies in it, and how files get there whole and private."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs

from agent.ground import held_files
from agent.system.runtime import home_override


class SandboxError(Exception):
    """A mishap the person at the keyboard can do something about; its text says what."""


class RunningSandbox(msgspec.Struct, frozen=True, kw_only=True):
    """What ``sandbox.json`` tells of the sandbox that runs in this home."""

    url: str
    """The authority's base URL, the audience of manifests."""
    portal_url: str
    """The demo portal's page."""
    review_url: str
    """The reviewer's page."""
    review_token: str
    """What the reviewer signs in with; new at each start."""
    pid: int


@dataclass(frozen=True)
class Home:
    """The folder that holds everything of one sandbox."""

    folder: Path

    @classmethod
    def opened(cls, folder: Path | None) -> Home:
        """Return the home in ``folder``, made (0700) where it is missing.

        Without one: ``$ODC_HOME/sandbox``, else the platform's data folder.

        Raises:
            SandboxError: the folder cannot be made.
        """
        chosen = (folder or default_folder()).absolute()
        try:
            chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SandboxError(f"cannot use {chosen} as home: {error.strerror}") from error
        return cls(chosen)

    @property
    def authority(self) -> Path:
        """The RSA root's private key and certificate together, 0600."""
        return self.folder / "authority.pem"

    @property
    def sm2_authority(self) -> Path:
        """The same of the root with an SM2 key, 0600; missing until it is needed."""
        return self.folder / "authority-sm2.pem"

    @property
    def key_centre(self) -> Path:
        """The key centre's private key and certificate together, 0600."""
        return self.folder / "key-centre.pem"

    @property
    def trust_anchor(self) -> Path:
        """The roots' certificates alone, for clients; the RSA one, which TLS is proved by, first."""
        return self.folder / "ca.pem"

    @property
    def tls(self) -> Path:
        """The TLS server's private key and certificate, 0600; new at each start."""
        return self.folder / "tls.pem"

    @property
    def database(self) -> Path:
        return self.folder / "sandbox.sqlite3"

    @property
    def outbox(self) -> Path:
        """The messages "sent" to applicants' phones, 0600."""
        return self.folder / "sms.jsonl"

    @property
    def running(self) -> Path:
        """Where the running sandbox says its addresses; missing while none runs."""
        return self.folder / "sandbox.json"


def default_folder() -> Path:
    """Return the home to use when none is named."""
    override = home_override()
    return override / "sandbox" if override else platformdirs.user_data_path("odc-sandbox")


def write_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` by ``content``, whole or not at all."""
    draft = write_draft(path, content, mode=mode)
    try:
        held_files.replace(draft, path)
    except OSError:
        held_files.discard(draft)
        raise


def create_file(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """Create ``path`` with ``content`` unless it exists; return whether it was created.

    Of two processes that try at once exactly one wins, and neither sees half a file.
    """
    draft = write_draft(path, content, mode=mode)
    try:
        held_files.link(draft, path)
    except FileExistsError:
        return False
    finally:
        held_files.discard(draft)
    return True


def write_draft(path: Path, content: bytes, *, mode: int) -> Path:
    """Write ``content`` to a new file beside ``path``, on disk when this returns."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
