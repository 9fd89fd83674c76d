"""What clients see of documents: about to be signed, and verified."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import msgspec

from agent.api.views.certificates import ChainView
from agent.api.views.pins import PinPrompt, pin_prompt
from agent.certificates.wording import chain_text
from agent.ground.language import Language, translate
from agent.signing.checking import Checked
from agent.signing.pdf.checking import PdfChecked, PdfSignature
from agent.signing.pdf.model import Since
from agent.signing.service import SigningAsked
from agent.signing.verifying import Doubt
from agent.signing.ways import Wish
from agent.signing.wording import DOUBT_TEXT, NOT_ALLOWED, SINCE_TEXT, WRONG_IN_PDF


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is about to be signed."""

    file: str
    name: str
    size: int
    """Bytes."""
    sha256: str
    signature: str
    """The file its signature will be, or the signed PDF."""


class SigningView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``signing.sign``: nothing is signed before the PIN is sent."""

    id: str
    """Events ``document_signed`` and ``documents_signed`` name it."""
    organisation: str
    """Whom the signatures bind."""
    documents: tuple[DocumentView, ...]
    pin: PinPrompt


class DoubtView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a right signature is not to be taken without a second thought."""

    code: Doubt
    text: str


class VerifiedView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``signing.verify``: the signature is right. Whether it was revoked is not known."""

    document: str | None
    """None where the content is in the signature's file."""
    signature: str
    organisation: str
    subject: str
    thumbprint: str
    authority: str
    not_before: dt.datetime
    not_after: dt.datetime
    signing_time: dt.datetime | None
    """What the signer's clock said."""
    origin: str
    """Of the page it was made for; empty where none is named."""
    chain: ChainView
    doubts: tuple[DoubtView, ...]


class StampedView(msgspec.Struct, frozen=True, kw_only=True):
    """A time-stamp that is right."""

    time: dt.datetime
    authority: str
    is_trusted: bool


class PdfSignatureView(msgspec.Struct, frozen=True, kw_only=True):
    """One signature in a PDF."""

    field: str
    kind: str
    """``signature``, or ``timestamp`` of the whole document."""
    is_intact: bool
    """Whether it is right, and nothing was changed since that its signer did not allow."""
    is_certification: bool
    since: Since
    text: str
    """What there is to say of the document since."""
    level: str
    """``b-b``, ``b-t``, ``b-lt`` (ETSI EN 319 142-1, 6), as far as it is right; empty where it is not."""
    signer: VerifiedView | None
    """None where the signature is not right."""
    stamped: StampedView | None


class PdfVerifiedView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``signing.verify_pdf``. Whether anything was revoked is known where the file tells it."""

    document: str
    signatures: tuple[PdfSignatureView, ...]
    """In the order they were made."""


def signing_view(asked: SigningAsked) -> SigningView:
    """Return what a person has to know before the PIN is entered."""
    wanted = asked.wanted
    return SigningView(
        id=wanted.id,
        organisation=wanted.holder.certificate.organisation,
        documents=tuple(map(_document_view, wanted.wishes)),
        pin=pin_prompt(asked.pin),
    )


def _document_view(wish: Wish) -> DocumentView:
    document = wish.document
    return DocumentView(
        file=os.fspath(document.file),
        name=document.file.name,
        size=document.size,
        sha256=document.sha256.hex(),
        signature=os.fspath(wish.target),
    )


def pdf_verified_view(checked: PdfChecked, language: Language) -> PdfVerifiedView:
    """Return what is to be thought of a PDF's signatures, in words."""
    views = (_pdf_signature(each, checked.file, language) for each in checked.signatures)
    return PdfVerifiedView(document=os.fspath(checked.file), signatures=tuple(views))


def _pdf_signature(signature: PdfSignature, file: Path, language: Language) -> PdfSignatureView:
    embedded, verified, stamped = signature.embedded, signature.verified, signature.stamped
    sentences = [SINCE_TEXT[signature.since]]
    if verified is None and stamped is None:
        sentences = [WRONG_IN_PDF]
    elif not embedded.allowed and signature.since is not Since.CHANGED:
        sentences.append(NOT_ALLOWED)
    return PdfSignatureView(
        field=embedded.field,
        kind=embedded.kind,
        is_intact=signature.is_intact,
        is_certification=embedded.is_certification,
        since=signature.since,
        text=" ".join(translate(each, language) for each in sentences),
        level=_level(signature),
        signer=verified_view(Checked(file, file, verified), language) if verified else None,
        stamped=StampedView(
            time=stamped.time,
            authority=stamped.authority.organisation or stamped.authority.common_name,
            is_trusted=stamped.is_trusted,
        )
        if stamped
        else None,
    )


def _level(signature: PdfSignature) -> str:
    if signature.verified is None:
        return ""
    if signature.stamped is None:
        return "b-b"
    return "b-lt" if signature.has_proofs else "b-t"


def verified_view(checked: Checked, language: Language) -> VerifiedView:
    """Return what is to be thought of a signature, in words."""
    verified = checked.verified
    certificate, chain = verified.certificate, verified.chain
    return VerifiedView(
        document=os.fspath(checked.document) if checked.document else None,
        signature=os.fspath(checked.signature),
        organisation=certificate.organisation or certificate.common_name,
        subject=certificate.subject,
        thumbprint=certificate.thumbprint,
        authority=certificate.authority,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        signing_time=verified.signing_time,
        origin=verified.origin,
        chain=ChainView(
            state=chain.state,
            text=chain_text(chain, language),
            path=tuple(each.subject for each in chain.path),
        ),
        doubts=tuple(
            DoubtView(code=doubt, text=translate(DOUBT_TEXT[doubt], language))
            for doubt in verified.doubts
        ),
    )
