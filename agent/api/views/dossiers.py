"""What the local API answers about dossiers: personal data, for the user's own tools only."""

from __future__ import annotations

import msgspec

from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a scan."""

    code: str
    text: str
    """In the user's language."""
    is_refused: bool
    """The authority would not take it; else a reviewer may see it badly."""


class ScanView(msgspec.Struct, frozen=True, kw_only=True):
    """What there is for one document."""

    name: DocumentName
    file: str
    """As the file is called; empty for a scan that was submitted before."""
    facts_text: str = ""
    faults: tuple[FaultView, ...] = ()
    """Of what would be sent."""
    is_taken: bool = True
    """Nothing keeps it from being submitted."""
    is_converted: bool = False
    can_be_converted: bool = True
    """It is a new file, which can be turned and converted."""
    pages: int = 1
    thumbnail: bytes
    """JPEG (base64 in JSON)."""

    def __repr__(self) -> str:
        return f"ScanView({self.name})"


class DossierView(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier as it stands."""

    id: str
    """The renewal's."""
    applicant: dict[ApplicantField, str]
    scans: tuple[ScanView, ...]
    required_fields: tuple[ApplicantField, ...]
    required_documents: tuple[DocumentName, ...]
    formats: tuple[str, ...]
    """Media types."""
    max_bytes: int
    """A scan must be smaller."""
    is_amendment: bool
    """The review has asked for amendments: the rest stays as it was submitted."""
    is_applicant_kept: bool
    """The applicant's data is kept for the next renewal."""

    def __repr__(self) -> str:
        return f"DossierView({self.id})"


class ConversionView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversion that is offered, with both pictures (JPEG) to look at."""

    facts_before: str
    facts_after: str
    changes: tuple[str, ...]
    """What was done, in the user's language."""
    before: bytes
    after: bytes


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A scan to look at: JPEG."""

    content: bytes


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """The letter of authorisation (导出模板), ready to be printed, signed and stamped."""

    file: str
    """What the file may be called."""
    content: bytes


class KeptApplicant(msgspec.Struct, frozen=True, kw_only=True):
    """Who is kept for the next renewal; None where nobody is."""

    applicant: dict[ApplicantField, str] | None

    def __repr__(self) -> str:
        return "KeptApplicant(…)"
