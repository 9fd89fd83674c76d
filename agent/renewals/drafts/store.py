"""What is kept of a dossier that is being filled in; sealed, and gone when the renewal ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from enum import StrEnum, unique
from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.private import Private
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName
from agent.renewals.journal.scan_store import ScanDamagedError
from agent.renewals.journal.vault import NotReadError, Vault, VaultError
from agent.renewals.scans.model import ScanFacts
from agent.system.damage import DamagedError, Damages
from agent.system.files import NotSavedError, write_privately_together

log = logging.getLogger(__name__)


class ScanNotChosenError(OdcError):
    """No file was chosen for a document yet."""

    code = "scan_not_chosen"
    sentence = mark("No file was chosen for this document yet.")
    advice = mark("Choose a file.")


class DraftDamagedError(DamagedError):
    """What was filled in of a dossier is laid aside."""

    code = "draft_damaged"
    what = mark("What was filled in of a dossier")
    advice = mark("Fill it in again.")


@unique
class Part(StrEnum):
    """What there can be of one chosen file."""

    ORIGINAL = "original"
    """As it was chosen."""
    OFFERED = "offered"
    """What it was converted to last, to be looked at."""
    CONVERTED = "converted"
    """What is sent in its place, since a person wants that."""
    THUMBNAIL = "thumbnail"


class DraftScan(msgspec.Struct, frozen=True, kw_only=True):
    """A file chosen for one document."""

    file: str
    """Its name, for the person who chose it."""
    original: ScanFacts
    converted: ScanFacts | None = None
    """The conversion that is used; None where the file goes as it is."""

    @property
    def used(self) -> ScanFacts:
        """What would be sent."""
        return self.converted or self.original


class Draft(Private, frozen=True, kw_only=True):
    """A dossier on its way."""

    applicant: dict[ApplicantField, str] = msgspec.field(default_factory=dict)
    scans: dict[DocumentName, DraftScan] = msgspec.field(default_factory=dict)


class DraftStore:
    """Sealed files in the folder of the renewal's scans, which goes as a whole when it ends."""

    def __init__(self, folder: Path, vault: Vault, damages: Damages | None = None) -> None:
        self._folder = folder
        self._vault = vault
        self._damages = damages or Damages()

    def read(self, renewal: str) -> Draft:
        """Return the draft, empty where nothing was filled in yet, or it is damaged; NotReadError."""
        try:
            return from_json(self._opened(renewal, "draft"), Draft)
        except FileNotFoundError:
            return Draft()
        except NotReadError:
            raise
        except (VaultError, msgspec.DecodeError) as error:
            self._damages.lay_aside(self._file(renewal, "draft"), DraftDamagedError, error)
            return Draft()

    def write(self, renewal: str, draft: Draft) -> None:
        """Keep the draft in place of the one before; NotSavedError."""
        self._seal({"draft": msgspec.json.encode(draft)}, renewal)

    def write_with(
        self, renewal: str, draft: Draft, name: DocumentName, parts: Mapping[Part, bytes]
    ) -> None:
        """Keep parts of a chosen file and the draft that tells of it, all or none; NotSavedError."""
        clear = {_part_name(name, part): content for part, content in parts.items()}
        self._seal({**clear, "draft": msgspec.json.encode(draft)}, renewal)

    def put(self, renewal: str, name: DocumentName, part: Part, content: bytes) -> None:
        """Keep a part of a chosen file; NotSavedError."""
        self._seal({_part_name(name, part): content}, renewal)

    def get(self, renewal: str, name: DocumentName, part: Part) -> bytes:
        """Return a part of a chosen file; ScanNotChosenError, NotReadError."""
        leaf = _part_name(name, part)
        try:
            return self._opened(renewal, leaf)
        except FileNotFoundError as error:
            raise ScanNotChosenError from error
        except NotReadError:
            raise
        except VaultError as error:
            self._damages.lay_aside(self._file(renewal, leaf), ScanDamagedError, error)
            raise ScanNotChosenError from error

    def drop(self, renewal: str, name: DocumentName, parts: Iterable[Part] = tuple(Part)) -> None:
        """Delete parts of a chosen file, all where nothing is said.

        What another program holds goes with the renewal: what it is a part of is done by now.
        """
        for part in parts:
            self._remove(renewal, _part_name(name, part))

    def forget(self, renewal: str) -> None:
        """Delete the draft and what was chosen for it; scans that were submitted stay."""
        for name in DocumentName:
            self.drop(renewal, name)
        self._remove(renewal, "draft")

    def _remove(self, renewal: str, leaf: str) -> None:
        try:
            held_files.remove(self._file(renewal, leaf))
        except OSError as error:
            log.warning("draft not removed id=%s reason=%s", renewal, error.strerror)

    def _opened(self, renewal: str, leaf: str) -> bytes:
        return self._vault.open_file(self._file(renewal, leaf), f"{renewal}/{leaf}")

    def _seal(self, clear: Mapping[str, bytes], renewal: str) -> None:
        sealed = {
            self._file(renewal, leaf): self._vault.seal(content, f"{renewal}/{leaf}")
            for leaf, content in clear.items()
        }
        try:
            write_privately_together(sealed)
        except OSError as error:
            raise NotSavedError(reason=error.strerror or type(error).__name__) from error

    def _file(self, renewal: str, leaf: str) -> Path:
        return self._folder / renewal / f"{leaf}.sealed"


def _part_name(name: DocumentName, part: Part) -> str:
    return f"draft-{name.value}-{part.value}"
