"""``odc-agent letter export``: the letter of authorisation with what is known filled in (导出模板)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stdnum.cn import uscc as uscc_rules

from agent.api.listed import all_tokens
from agent.certificates.china_time import china_date
from agent.cli.ground.choosing import thumbprint_of
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say
from agent.cli.papers.applicant import kept_applicant
from agent.cli.papers.input_files import read_applicant, write_new
from agent.ground.clock import utc_now
from agent.ground.errors import InvalidInputError
from agent.ground.language import mark, translate, user_language
from agent.renewals.authorities.ra_protocol import Applicant
from agent.renewals.dossier.checks import cleaned_applicant
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.renewals.letter.text import Letter

_LONGEST_NAME = 200
_NOBODY = Applicant(id_number="", name="", address="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the letter's facts come from; what comes from nowhere stays blank."""

    applicant: Path | None = None
    is_kept_applicant: bool = False
    thumbprint: str | None = None
    organisation: str = ""
    uscc: str = ""


def export(out: Path, source: Source, *, has_date: bool) -> int:
    """Write the letter as PDF or DOCX, as the name says."""
    if out.suffix.lower() not in {".pdf", ".docx"}:
        raise InvalidInputError(what=str(out), reason=mark("its name must end in .pdf or .docx"))
    organisation, uscc = _organisation(source)
    applicant = cleaned_applicant(_applicant(source))
    letter = Letter(
        organisation=organisation,
        uscc=uscc,
        name=applicant.name,
        id_number=applicant.id_number,
        date=china_date(utc_now()) if has_date else None,
    )
    write_new(out, _set(letter, out.suffix.lower()))
    done = mark("Written to {file}. It is to be printed, signed and stamped.")
    say(translate(done, user_language(), file=out))
    return Exit.DONE


def _set(letter: Letter, suffix: str) -> bytes:
    # Both libraries take a while to load, and only one is needed.
    if suffix == ".pdf":
        from agent.renewals.letter.pdf import letter_pdf  # noqa: PLC0415

        return letter_pdf(letter)
    from agent.renewals.letter.docx import letter_docx  # noqa: PLC0415

    return letter_docx(letter)


def _applicant(source: Source) -> Applicant:
    if source.applicant is not None:
        return read_applicant(source.applicant)
    return kept_applicant() if source.is_kept_applicant else _NOBODY


def _organisation(source: Source) -> tuple[str, str]:
    """Return name and USCC, from the certificate or as they were given."""
    if source.thumbprint is not None:
        return _of_certificate(source.thumbprint)
    if len(source.organisation) > _LONGEST_NAME or not source.organisation.isprintable():
        raise InvalidInputError(what="--organisation", reason=mark("it is not a name"))
    if source.uscc and not uscc_rules.is_valid(source.uscc):
        raise InvalidInputError(what="--uscc", reason=mark("its check character is not right"))
    return source.organisation, source.uscc.upper()


def _of_certificate(thumbprint: str) -> tuple[str, str]:
    with agent() as client:
        wanted = thumbprint_of(client, thumbprint)
        tokens = all_tokens(client.call("tokens.list", {"refresh": True}))
    for certificate in (each for token in tokens for each in token["certificates"]):
        if certificate["thumbprint"] == wanted:
            return certificate["organisation"], certificate["uscc"] or ""
    raise CertificateNotFoundError
