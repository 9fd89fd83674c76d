"""Signatures are found beside their documents or with them inside, in whatever wrapping they came."""

from __future__ import annotations

import base64

import pytest
from certificate_maker import china, ec_key, make_der, openssl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from agent.keys.cades import cades_draft
from agent.keys.signing import Elsewhere, SignedDataDraft
from agent.signing.checking import check
from agent.signing.errors import (
    DocumentUnreadableError,
    SignatureMalformedError,
    SignatureMissingError,
    SignatureWrongError,
)

NOW = china("2022-01-01 12:00:00")
CONTENT = "合同\n".encode() * 10
CERTIFICATE = make_der(key=ec_key("who"))


def signed(*, inside: bool) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(CONTENT)
    content = CONTENT if inside else Elsewhere(digest.finalize())
    draft = cades_draft(content, certificate=CERTIFICATE, signing_time=NOW)
    return whole(draft)


def whole(draft: SignedDataDraft) -> bytes:
    return draft.message(ec_key("who").sign(draft.to_be_signed, ec.ECDSA(hashes.SHA256())))


@pytest.fixture
def document(tmp_path):
    file = tmp_path / "合同.v2.pdf"
    file.write_bytes(CONTENT)
    return file


@pytest.fixture
def signature(document):
    file = document.with_name("合同.v2.pdf.p7s")
    file.write_bytes(signed(inside=False))
    return file


async def checked(*files):
    file, signature = (*files, None)[:2]

    async def nobody():
        return None

    return await check(file, signature, trust=nobody, clock=lambda: NOW)


async def test_by_the_document_or_by_the_signature(document, signature):
    for named in (document, signature):
        found = await checked(named)
        assert (found.document, found.signature) == (document, signature)


async def test_a_signature_elsewhere(document, signature, tmp_path):
    moved = signature.rename(tmp_path / "from the portal")
    assert (await checked(document, moved)).document == document
    with pytest.raises(SignatureMissingError):
        await checked(document)


async def test_content_inside(tmp_path):
    file = tmp_path / "message.p7m"
    file.write_bytes(signed(inside=True))
    assert (await checked(file)).document is None


async def test_content_inside_is_that_of_the_document_that_was_named(document, signature):
    """Else a document would seem signed that nobody has signed."""
    signature.write_bytes(signed(inside=True))
    assert (await checked(document)).document == document
    document.write_bytes(CONTENT + b"\n")
    with pytest.raises(SignatureWrongError):
        await checked(document)


@pytest.mark.parametrize("form", ["PEM", "CRLF", "one line", "lines", "with a mark"])
async def test_the_base64_that_portals_put_around_it(document, signature, form):
    der = signature.read_bytes()
    pem = openssl("cms", "-cmsout", "-inform", "DER", "-outform", "PEM", stdin=der)
    signature.write_bytes(
        {
            "PEM": pem,
            "CRLF": pem.replace(b"\n", b"\r\n"),
            "one line": base64.b64encode(der),
            "lines": base64.encodebytes(der),
            "with a mark": b"\xef\xbb\xbf" + pem,
        }[form]
    )
    assert (await checked(document)).document == document


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"\x30\x03\x02\x01\x01", b"MAMCAQE=", "签名".encode()]
)
async def test_what_is_no_signature(document, signature, content):
    signature.write_bytes(content)
    with pytest.raises(SignatureMalformedError):
        await checked(document)


async def test_every_changed_byte_of_the_document_is_seen(document, signature):
    for position in range(0, len(CONTENT), 11):
        spoilt = bytearray(CONTENT)
        spoilt[position] ^= 1
        document.write_bytes(spoilt)
        with pytest.raises(SignatureWrongError):
            await checked(document)


async def test_a_document_that_is_not_there(document, signature):
    document.unlink()
    with pytest.raises(DocumentUnreadableError):
        await checked(signature)


async def test_a_certificate_that_is_signed_to_be_another(document, signature):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(CONTENT)
    real = cades_draft(b"", certificate=CERTIFICATE, signing_time=NOW)
    other = make_der(key=ec_key("who"))
    forged = SignedDataDraft(
        content=Elsewhere(digest.finalize()), certificate=other, attributes=real.attributes
    )
    signature.write_bytes(whole(forged))
    with pytest.raises(SignatureWrongError):
        await checked(document)
