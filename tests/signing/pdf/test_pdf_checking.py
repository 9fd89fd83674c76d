"""What is said of signatures in PDFs, ours and others': who, when, and what was changed since."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate as Asn1Certificate
from certificate_maker import china, ec_key, make_certificate, make_der, name, rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pdf_documents import encrypted, filled_in_after, parts_of, plain, signed_before
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from agent.certificates.chain import TrustStore
from agent.ground.errors import OdcError
from agent.signing.pdf.checking import check_pdf
from agent.signing.pdf.errors import (
    NoSignatureInPdfError,
    PdfDamagedError,
    PdfEncryptedError,
)
from agent.signing.pdf.model import Since
from agent.signing.verifying import Doubt

VALID = {"not_before": china("2020-01-01 00:00:00"), "not_after": china("2040-01-01 00:00:00")}


def somebody(key) -> signers.Signer:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=Asn1Certificate.load(make_der(key=key, issuer_key=ec_key("issuer"), **VALID)),
        signing_key=PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore(),
    )


@pytest.fixture(scope="module", params=["ec", "rsa"])
def signer(request):
    return somebody(ec_key("a signer") if request.param == "ec" else rsa_key("a signer"))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "contract.pdf"


async def checked(file, content: bytes):
    file.write_bytes(content)

    async def trust() -> TrustStore:
        root = make_certificate(
            key=ec_key("issuer"),
            subject=name(organisation="Test Authority"),
            usage=frozenset({"key_cert_sign"}),
            is_ca=True,
            **VALID,
        )
        return TrustStore([root])

    found = await check_pdf(file, trust=trust, clock=lambda: dt.datetime.now(dt.UTC))
    return found.signatures


async def holds(file, content: bytes) -> bool:
    """Return whether somebody is told that all is well."""
    try:
        return all(found.is_intact for found in await checked(file, content))
    except OdcError:
        return False


async def test_what_another_program_signed(file, signer):
    content = await signed_before(signer, subfilter=SigSeedSubFilter.PADES)
    [found] = await checked(file, content)
    assert found.is_intact
    assert found.since is Since.UNCHANGED
    assert found.verified.doubts == ()
    assert found.verified.certificate.organisation
    assert abs(found.verified.signing_time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=10)


async def test_a_plain_signature_of_old_programs_leaves_a_doubt(file, signer):
    content = await signed_before(signer)  # adbe.pkcs7.detached
    [found] = await checked(file, content)
    assert found.is_intact
    assert set(found.verified.doubts) <= {Doubt.SIGNER_NOT_NAMED}


async def test_a_changed_page_is_seen(file, signer):
    content = filled_in_after(await signed_before(signer))
    [found] = await checked(file, content)
    assert not found.is_intact
    assert found.verified is not None, "what was signed is still right"
    assert found.since is Since.CHANGED


async def test_every_changed_byte_is_seen(file, signer):
    content = await signed_before(signer)
    signed, _ = parts_of(content)
    hole = content.index(b"/Contents <") + len(b"/Contents ")
    for place in (20, len(plain()) // 2, hole - 40, hole + 200, len(content) - 8):
        broken = bytearray(content)
        broken[place] ^= 0x01
        assert not await holds(file, bytes(broken)), place
    assert signed


async def test_a_second_signature_does_not_undo_the_first(file, signer):
    once = await signed_before(signer, MDPPerm.FILL_FORMS)
    meta = signers.PdfSignatureMetadata(field_name="Later")
    writer = IncrementalPdfFileWriter(io.BytesIO(once))
    twice = (await signers.async_sign_pdf(writer, meta, signer=somebody(ec_key("b")))).getvalue()
    first, second = await checked(file, twice)
    assert (first.is_intact, second.is_intact) == (True, True)
    assert (first.embedded.is_certification, second.embedded.is_certification) == (True, False)
    assert first.since is Since.FILLED_IN
    assert second.since is Since.UNCHANGED


async def test_more_after_the_signature_than_it_covers(file, signer):
    content = await signed_before(signer)
    assert not await holds(file, content + b"\n% something\n%%EOF\n")
    [found] = await checked(file, content + b"\n")
    assert found.since is not Since.UNCHANGED


async def test_a_signature_that_is_none(file, signer):
    content = await signed_before(signer)
    at = content.index(b"/Contents <") + len(b"/Contents <")
    [found] = await checked(file, content[:at] + b"00" * 8 + content[at + 16 :])
    assert not found.is_intact
    assert found.verified is None


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (plain(), NoSignatureInPdfError),
        (encrypted(), PdfEncryptedError),
        (b"", PdfDamagedError),
        (b"%PDF-1.7", PdfDamagedError),
    ],
)
async def test_nothing_to_verify(file, content, error):
    with pytest.raises(error):
        await checked(file, content)
