"""Telling what signatures are in a PDF, and what became of it since each was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import ValidationInfoReadingError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from agent.signing.pdf.model import Embedded, Signatures, Since
from agent.signing.pdf.worker.opening import open_reader, signatures_in, unreadable_in

_SINCE = {
    ModificationLevel.NONE: Since.PROVED,
    ModificationLevel.LTA_UPDATES: Since.PROVED,
    ModificationLevel.FORM_FILLING: Since.FILLED_IN,
    ModificationLevel.ANNOTATIONS: Since.ANNOTATED,
}


def read(content: bytes) -> Signatures:
    """Return all signatures of a PDF, and what it holds to verify them with; UnusableError."""
    reader = open_reader(content)
    certificates, responses, crls = _stored(reader)
    return Signatures(
        found=(*map(_embedded, signatures_in(reader)), *map(_unreadable, unreadable_in(reader))),
        certificates=certificates,
        ocsp_responses=responses,
        crls=crls,
    )


def changes_since(signature: EmbeddedPdfSignature) -> tuple[Since, bool]:
    """Return what became of a PDF since a signature, and whether the signature allows it."""
    signature.compute_integrity_info()
    facts = signature.summarise_integrity_info()
    if facts["coverage"] is SignatureCoverageLevel.ENTIRE_FILE:
        return Since.UNCHANGED, True
    found = facts["diff_result"]
    level = found.modification_level if isinstance(found, DiffResult) else None
    return _SINCE.get(level, Since.CHANGED), bool(facts["docmdp_ok"])


def _embedded(signature: EmbeddedPdfSignature) -> Embedded:
    since, is_allowed = changes_since(signature)
    return Embedded(
        field=str(signature.field_name),
        kind="timestamp" if signature.sig_object_type == "/DocTimeStamp" else "signature",
        byte_range=tuple(int(number) for number in signature.byte_range),
        said_time=_said_time(signature),
        since=since,
        allowed=is_allowed,
        is_certification=_is_certification(signature),
    )


def _unreadable(field: str) -> Embedded:
    return Embedded(
        field=str(field),
        kind="signature",
        byte_range=(),
        said_time=None,
        since=Since.CHANGED,
        allowed=False,
        is_certification=False,
    )


def _said_time(signature: EmbeddedPdfSignature) -> dt.datetime | None:
    try:
        said: dt.datetime = generic.parse_pdf_date(signature.sig_object["/M"], strict=False)
    except (KeyError, ValueError, TypeError):
        return None
    return said if said.tzinfo else said.replace(tzinfo=dt.UTC)


def _is_certification(signature: EmbeddedPdfSignature) -> bool:
    references = signature.sig_object.get("/Reference", ())
    return any(each.get_object().get("/TransformMethod") == "/DocMDP" for each in references)


def _stored(
    reader: PdfFileReader,
) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except ValidationInfoReadingError:
        return (), (), ()
    return _data(store.certs.values()), _data(store.ocsps), _data(store.crls)


def _data(streams: Iterable[generic.IndirectObject]) -> tuple[bytes, ...]:
    return tuple(stream.get_object().data for stream in streams)
