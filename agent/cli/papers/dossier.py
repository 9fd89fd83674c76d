"""``odc-agent dossier check``: what is wrong with an applicant's data and scans, before the review.

It needs no agent and no network: the rules are those of the guide. An authority's own policy is
looked at again when the dossier is submitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.papers.input_files import STDIN, find_scans, read_applicant, read_file
from agent.ground.language import Language, mark, translate, user_language
from agent.renewals.authorities.ra_protocol import Applicant, DocumentName, Policy
from agent.renewals.dossier.checks import check_applicant, notes_on_applicant
from agent.renewals.dossier.findings import DOCUMENT_NAMES, FIELD_NAMES, Finding
from agent.renewals.scans.model import Fault, limits_of
from agent.renewals.scans.reports import ScanReport, report_scan
from agent.renewals.scans.wording import ADVICE, facts_text

_POLICY = Policy(authority="")
"""The guide's fields, documents, formats and 1024 KB."""
_NOBODY = Applicant(id_number="", name="", address="")
_NAMES = {item.value: name for item, name in (*FIELD_NAMES.items(), *DOCUMENT_NAMES.items())}
_APPLICANT_FILE = "applicant.json"


@dataclass(frozen=True, slots=True)
class _Scan:
    """One file that was looked into; ``name`` is None for a file that was given by itself."""

    name: DocumentName | None
    file: Path
    report: ScanReport


@dataclass(frozen=True, slots=True)
class _Result:
    findings: tuple[Finding, ...]
    scans: tuple[_Scan, ...]
    notes: tuple[Finding, ...] = ()
    """What is done to fields before they are sent."""

    @property
    def is_complete(self) -> bool:
        return not self.findings and all(scan.report.is_taken for scan in self.scans)


def check(path: Path, *, as_json: bool) -> int:
    """Print what is wrong; return DONE where nothing keeps it from being submitted, else NEEDED."""
    result = _looked_through(path)
    if as_json:
        say_json(_as_json(result))
    else:
        for line in _lines(result, user_language()):
            say(line)
    return Exit.DONE if result.is_complete else Exit.NEEDED


def _looked_through(path: Path) -> _Result:
    if path.is_dir():
        return _folder(path)
    if path == STDIN or path.suffix.lower() == ".json":
        applicant = read_applicant(path)
        findings = tuple(check_applicant(_POLICY, applicant))
        return _Result(findings, (), tuple(notes_on_applicant(applicant)))
    return _Result((), (_Scan(None, path, _report(path)),))


def _folder(folder: Path) -> _Result:
    file = folder / _APPLICANT_FILE
    applicant = read_applicant(file) if file.exists() else _NOBODY
    files = find_scans(folder)
    missing = (
        Finding(name, mark("This scan is needed."))
        for name in _POLICY.required_documents
        if name not in files
    )
    scans = tuple(_Scan(name, each, _report(each)) for name, each in files.items())
    findings = (*check_applicant(_POLICY, applicant), *missing)
    return _Result(findings, scans, tuple(notes_on_applicant(applicant)))


def _report(file: Path) -> ScanReport:
    return report_scan(read_file(file), limits_of(_POLICY))


def _lines(result: _Result, language: Language) -> Iterator[str]:
    for finding in result.findings:
        yield f"! {translate(_NAMES[finding.item.value], language)}: {finding.text(language)}"
    for note in result.notes:
        yield f"- {translate(_NAMES[note.item.value], language)}: {note.text(language)}"
    for scan in result.scans:
        yield from _scan_lines(scan, language)
    verdict = (
        mark("Nothing stands in the way.") if result.is_complete else mark("Correct what is named.")
    )
    yield translate(verdict, language)


def _scan_lines(scan: _Scan, language: Language) -> Iterator[str]:
    facts = scan.report.facts
    about = f"  {facts_text(facts, language)}" if facts else ""
    title = f"{translate(DOCUMENT_NAMES[scan.name], language)}: " if scan.name else ""
    yield f"{'- ' if scan.report.is_taken else '! '}{title}{scan.file.name}{about}"
    for fault in scan.report.faults:
        advice = translate(ADVICE[fault], language) if fault in ADVICE else ""
        yield f"    {scan.report.sentence(fault, language)} {advice}".rstrip()
    if scan.report.can_be_converted:
        offer = mark("A conversion is offered: odc-agent dossier convert {file} OUT.jpg")
        yield f"    {translate(offer, language, file=scan.file.name)}"
    if facts and facts.metadata:
        keeps = mark("The file carries metadata ({metadata}); a conversion removes it.")
        yield f"    {translate(keeps, language, metadata=', '.join(facts.metadata))}"


def _as_json(result: _Result) -> dict[str, Any]:
    return {
        "is_complete": result.is_complete,
        "findings": [msgspec.to_builtins(finding.report()) for finding in result.findings],
        "scans": [_scan_json(scan) for scan in result.scans],
    }


def _scan_json(scan: _Scan) -> dict[str, Any]:
    return {
        "item": scan.name.value if scan.name else None,
        "file": scan.file.name,
        "facts": msgspec.to_builtins(scan.report.facts),
        "is_taken": scan.report.is_taken,
        "can_be_converted": scan.report.can_be_converted,
        "faults": [_fault_json(scan.report, fault) for fault in scan.report.faults],
    }


def _fault_json(report: ScanReport, fault: Fault) -> dict[str, Any]:
    return {
        "code": fault.value,
        "is_refused": fault.is_refused,
        "message": report.sentence(fault, Language.EN),
        "message_zh": report.sentence(fault, Language.ZH),
    }
