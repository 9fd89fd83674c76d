"""What is told of a scan: its facts and faults, its digest, and the conversion that is offered.

The functions here start a process and wait for it: call them outside the event loop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import Language, look_up, translate
from agent.renewals.authorities.ra_protocol import DocumentDigest, DocumentName
from agent.renewals.dossier.findings import DossierIncompleteError, Finding
from agent.renewals.scans.judging import judge
from agent.renewals.scans.model import (
    LONGEST_SHOWN,
    Change,
    Convert,
    Converted,
    Fault,
    Inspect,
    Inspected,
    Limits,
    Reply,
    ScanFacts,
    Show,
    Shown,
    Unusable,
)
from agent.renewals.scans.process import ask_worker
from agent.renewals.scans.wording import ADVICE, FAULTS, change_text


class ScanUnusableError(OdcError):
    """A file gives no picture that could be sent."""

    def __init__(self, fault: Fault, **values: str | int | bool | None) -> None:
        super().__init__(**values)
        self.fault = fault
        self.code = f"scan_{fault.value}"

    def text(self, language: Language) -> str:
        """Return what is wrong with the file."""
        return translate(FAULTS[self.fault], language, **self.values)

    def advice_text(self, language: Language) -> str:
        """Return what to do about it."""
        return look_up(ADVICE[self.fault], language)


class ScanReport(msgspec.Struct, frozen=True):
    """What a file is, and everything that is wrong with it."""

    facts: ScanFacts | None
    """None where it gives no picture."""
    faults: tuple[Fault, ...]
    values: Mapping[str, str | int] = msgspec.field(default_factory=dict)
    """What the faults' sentences name."""

    @property
    def is_taken(self) -> bool:
        """Whether the authority takes the file as it is."""
        return not any(fault.is_refused for fault in self.faults)

    @property
    def can_be_converted(self) -> bool:
        """Whether a conversion would mend what is wrong."""
        return self.facts is not None and bool(self.faults)

    def sentence(self, fault: Fault, language: Language) -> str:
        """Return one of the faults in words."""
        return translate(FAULTS[fault], language, **self.values)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A picture that is offered in place of a file; shown before it is used."""

    before: ScanFacts
    after: ScanFacts
    changes: tuple[Change, ...]
    page: int
    content: bytes = field(repr=False)

    def changes_text(self, language: Language) -> tuple[str, ...]:
        """Return what was done, in words."""
        return tuple(change_text(each, self.before, self.page, language) for each in self.changes)


def report_scan(content: bytes, limits: Limits) -> ScanReport:
    """Look into a file; every outcome is a report."""
    reply, _ = ask_worker(Inspect(), content)
    if not isinstance(reply, Inspected):
        fault, kind = _fault(reply)
        return ScanReport(facts=None, faults=(fault,), values={"format": kind})
    facts = reply.facts
    return ScanReport(
        facts=facts,
        faults=judge(facts, limits),
        values=fault_values(facts, limits),
    )


def fault_values(facts: ScanFacts, limits: Limits) -> dict[str, str | int]:
    """Return what the sentences about faults of a picture name."""
    return {
        "format": facts.format,
        "limit": limits.max_bytes // 1024,
        "pictures": facts.pictures,
        "width": facts.width,
        "height": facts.height,
    }


def show_scan(content: bytes, side: int, *, page: int = 1, turns: int = 0) -> bytes:
    """Return a JPEG to look at, no side longer than ``side`` pixels.

    Raises:
        ScanUnusableError: there is no picture.
    """
    reply, picture = ask_worker(Show(side=side, page=page, turns=turns), content)
    if not isinstance(reply, Shown) or len(picture) > LONGEST_SHOWN:
        fault, kind = _fault(reply)
        raise ScanUnusableError(fault, format=kind)
    return picture


def offer_conversion(
    content: bytes, limits: Limits, *, page: int = 1, turns: int = 0
) -> Conversion:
    """Return a picture of ``content`` that is within ``limits``; the file itself stays as it is.

    ``turns`` are quarter turns clockwise.

    Raises:
        ScanUnusableError: there is no such picture.
    """
    reply, picture = ask_worker(Convert(limits=limits, page=page, turns=turns), content)
    if not isinstance(reply, Converted):
        fault, kind = _fault(reply)
        raise ScanUnusableError(fault, format=kind)
    return Conversion(
        before=reply.before,
        after=reply.after,
        changes=reply.changes,
        page=page,
        content=picture,
    )


def digest_scans(scans: Mapping[DocumentName, bytes]) -> dict[DocumentName, DocumentDigest]:
    """Return what a manifest says of each scan, after decoding it whole.

    A truncated image is told now, not at the review. Format and size are left to the policy.

    Raises:
        DossierIncompleteError: names each file that gives no picture.
    """
    digests: dict[DocumentName, DocumentDigest] = {}
    findings: list[Finding] = []
    for name, content in scans.items():
        reply, _ = ask_worker(Inspect(), content)
        if isinstance(reply, Inspected):
            digests[name] = DocumentDigest(
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                media_type=reply.facts.media_type,
            )
        else:
            fault, kind = _fault(reply)
            findings.append(Finding(name, FAULTS[fault], {"format": kind}))
    if findings:
        raise DossierIncompleteError(tuple(findings))
    return digests


def _fault(reply: Reply) -> tuple[Fault, str]:
    """Return why there is no picture; an answer to another question is a worker gone wrong."""
    if isinstance(reply, Unusable):
        return reply.fault, reply.format
    return Fault.TOO_DEMANDING, ""
