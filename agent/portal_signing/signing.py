"""Signing what a page shows: texts and documents, all with one PIN, each with a signature of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from agent.certificates.extensions import KEY_USAGE, UsageBit, read_key_usage
from agent.certificates.model import Certificate
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.der import DerError
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.schemes import Family
from agent.portal_signing.errors import CertificateUnsuitableError, NotSignedError
from agent.portal_signing.model import ShownItem, TokenUse
from agent.signing.holder import out_of_date
from agent.signing.pages import PageDocument, PageSignature, page_draft, page_signature
from agent.sites.model import Action
from agent.tokens.protocol import SignData
from agent.tokens.snapshot import HeldCertificate
from agent.tokens.supervisor import PinSession

Signed = tuple[bytes, tuple[PageSignature, ...]]
"""The signer's certificate (DER), and a signature for each document."""


def signing_of(
    documents: Sequence[PageDocument],
    *,
    origin: str,
    is_detached: bool,
    clock: Clock,
    thumbprint: str | None,
) -> TokenUse[Signed]:
    """Return the use of a token that signs a page's documents, as a person is asked about it."""

    async def work(held: HeldCertificate, session: PinSession) -> Signed:
        certificate = held.certificate.der
        signatures = []
        for document in documents:
            draft = await asyncio.to_thread(
                page_draft,
                document,
                certificate=certificate,
                origin=origin,
                is_detached=is_detached,
                signing_time=clock(),
            )
            order = SignData(
                key=held.key,
                data=draft.to_be_signed,
                digest="sm3" if draft.key.family is Family.SM2 else "sha256",
            )
            signature = await session.call(order)
            if not draft.key.verify(draft.to_be_signed, signature):
                raise NotSignedError
            signatures.append(await asyncio.to_thread(page_signature, document, draft, signature))
        return certificate, tuple(signatures)

    return TokenUse(
        origin=origin,
        action=Action.SIGN,
        refuses=why_not_to_sign,
        work=work,
        shown=tuple(map(_shown, documents)),
        contents=tuple(document.content for document in documents),
        thumbprint=thumbprint,
    )


def why_not_to_sign(certificate: Certificate, now: dt.datetime) -> OdcError | None:
    """Return what keeps a certificate from signing documents now; None for nothing."""
    if (refusal := out_of_date(certificate, now)) is not None:
        return refusal
    extensions = dict(certificate.extensions)
    try:
        PublicKey.read(certificate.public_key)
        usage = read_key_usage(extensions[KEY_USAGE]) if KEY_USAGE in extensions else None
    except (DerError, UnreadableKeyError):
        return CertificateUnsuitableError(reason=mark("what it is for cannot be read."))
    # Without the extension every use is allowed (RFC 5280, 4.2.1.3).
    if usage is not None and not usage & {UsageBit.DIGITAL_SIGNATURE, UsageBit.CONTENT_COMMITMENT}:
        return CertificateUnsuitableError(reason=mark("it is not for signing."))
    return None


def _shown(document: PageDocument) -> ShownItem:
    if document.is_text:
        return ShownItem(kind="text", text=document.content.decode(), sha256=document.sha256)
    return ShownItem(
        kind="document",
        name=document.name,
        size=len(document.content),
        sha256=document.sha256,
    )
