"""What clients see of documents: about to be signed, and verified."""

from __future__ import annotations

import datetime as dt
import os

import msgspec

from agent.api.views.certificates import ChainView
from agent.api.views.pins import PinPrompt, pin_prompt
from agent.certificates.wording import chain_text
from agent.ground.language import Language, translate
from agent.signing.checking import Checked
from agent.signing.service import SigningAsked
from agent.signing.verifying import Doubt
from agent.signing.ways import Wish
from agent.signing.wording import DOUBT_TEXT


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
