"""What a page wants signed, and the signatures of it: CAdES-B that name the page's origin."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
from cryptography import x509

from agent.keys.cades import cades_draft
from agent.keys.certified import key_of
from agent.keys.schemes import USUAL
from agent.keys.signed_data import digest_of
from agent.keys.signing import Elsewhere, SignedDataDraft
from agent.signing.errors import OwnMessageError
from agent.signing.own_messages import is_own_message


@dataclass(frozen=True)
class PageDocument:
    """A text or a document of a page: what is shown is what is signed, since nobody else has these bytes."""

    content: bytes
    """A text as UTF-8."""
    name: str = ""
    """A document's, as the page says; empty for a text."""

    @property
    def is_text(self) -> bool:
        """Whether all of it is shown in the question itself."""
        return not self.name

    @cached_property
    def sha256(self) -> str:
        """In hex; kept once it was asked for, which takes as long as the document is."""
        return hashlib.sha256(self.content).hexdigest()


class PageSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature as it travels to the page: head, content, tail. The page has the content."""

    head: str
    """Base64 of what comes before the content; of a detached signature all of it."""
    tail: str
    """Base64 of what comes after it."""
    sha256: str
    """Of the content, in hex."""


def check_signable(documents: Sequence[PageDocument]) -> None:
    """Read documents through once: for a thread.

    Raises:
        OwnMessageError: an authority could take one for a message of the organisation's.
    """
    for document in documents:
        _ = document.sha256  # so that the event loop, which shows it, need not
        if is_own_message(document.content):
            raise OwnMessageError(
                file=document.name or document.content[:20].decode("utf-8", "replace")
            )


def page_draft(
    document: PageDocument,
    *,
    certificate: bytes,
    origin: str,
    is_detached: bool,
    signing_time: dt.datetime,
) -> SignedDataDraft:
    """Return what a key is to sign for a page; UnreadableKeyError where it is of no kind known here.

    Its digest takes as long as the document is: for a thread.
    """
    content: bytes | Elsewhere = document.content
    if is_detached:
        key = key_of(x509.load_der_x509_certificate(certificate))
        content = Elsewhere(digest_of(USUAL[key.family], document.content))
    draft = cades_draft(content, certificate=certificate, signing_time=signing_time, origin=origin)
    _ = draft.to_be_signed  # which digests a content that goes with it, and is kept
    return draft


def page_signature(
    document: PageDocument, draft: SignedDataDraft, signature: bytes
) -> PageSignature:
    """Return the whole of a signature in two halves, between which the content stands."""
    message = draft.message(signature)
    if isinstance(draft.content, Elsewhere):
        return PageSignature(head=_base64(message), tail="", sha256=document.sha256)
    # Wherever these bytes stand, what is around them makes the message whole again.
    at = message.index(document.content)
    end = at + len(document.content)
    return PageSignature(
        head=_base64(message[:at]), tail=_base64(message[end:]), sha256=document.sha256
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
