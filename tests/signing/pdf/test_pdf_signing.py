"""PDFs signed inside with a key on a real token, and what poppler and OpenSSL say of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate as Asn1Certificate
from certificate_maker import ec_key, make_der, openssl
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pdf_documents import (
    encrypted,
    hybrid,
    large,
    locked_by,
    parts_of,
    pdfsig,
    plain,
    signed_before,
    turned,
    with_form,
    with_xref_streams,
)
from PIL import Image, ImageChops, ImageDraw
from pin_desk import type_in
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm
from pyhanko_certvalidator.registry import SimpleCertificateStore
from signing_desk import SigningDesk, put_on
from soft_token import PIN, SoftTokens

from agent.signing.errors import SignatureExistsError
from agent.signing.pdf import process
from agent.signing.pdf.errors import (
    EarlierSignatureError,
    NoSuchPageError,
    PdfCertifiedError,
    PdfDamagedError,
    PdfEncryptedError,
    PdfPartMissingError,
    PdfTooLargeError,
    StampNotAllowedError,
    StampOffPageError,
    StampUnusableError,
)
from agent.signing.pdf.inside import PdfWish, Stamp
from agent.signing.pdf.model import Box

BOX = Box(left=20, top=30, width=40, height=40)
VALID = "Signature is Valid."
WHOLE = "Total document signed"


@pytest.fixture(scope="module")
def with_key(tmp_path_factory) -> SoftTokens:
    """A token with a key and its certificate, made once: each test gets a copy."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()
    asyncio.run(put_on(tokens, "ec:secp256r1"))
    return tokens


@pytest.fixture
async def desk(tokens, with_key, tmp_path) -> AsyncIterator[SigningDesk]:
    shutil.rmtree(tokens.store)
    shutil.copytree(with_key.store, tokens.store)
    async with SigningDesk(tokens, tmp_path) as desk:
        yield desk


@pytest.fixture
def file(tmp_path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    file = folder / "合同 一.pdf"
    file.write_bytes(plain())
    return file


@pytest.fixture
def seal(tmp_path) -> Path:
    """A red seal whose upper half is filled, so that one sees which way is up."""
    picture = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((0, 0, 199, 99), fill=(220, 0, 0, 255))
    file = tmp_path / "seal.png"
    picture.save(file)
    return file


@pytest.fixture(scope="module")
def another() -> signers.Signer:
    """Somebody who signs with another program."""
    key = ec_key("another")
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=Asn1Certificate.load(make_der(key=key)),
        signing_key=PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore(),
    )


def signed(file: Path) -> Path:
    return file.with_name(file.stem + "-signed.pdf")


async def sign(desk, file: Path, **how) -> Path:
    """Sign one file, and return the signed one."""
    told, ended = await desk.sign([file], pdf=PdfWish(**how))
    assert (told, ended.error) == (None, None)
    [became] = ended.files
    assert became.error is None, became.error
    return Path(became.signature)


async def refused(desk, file: Path, error: type[Exception], **how) -> None:
    """Before any PIN, and without a trace."""
    with pytest.raises(error):
        await desk.service.sign_files(desk.thumbprint, [file], pdf=PdfWish(**how))
    assert desk.sessions.under_way() == frozenset()
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("key_type", ["rsa:2048", "ec:secp256r1"])
async def test_poppler_and_openssl_verify_what_is_signed(tokens, tmp_path, file, key_type):
    await put_on(tokens, key_type)
    before = file.read_bytes()
    async with SigningDesk(tokens, tmp_path) as desk:
        made = await sign(desk, file)
        [token] = desk.inventory.snapshot.tokens
    assert made == signed(file)
    assert file.read_bytes() == before
    assert made.read_bytes().startswith(before), "an incremental update"
    said = pdfsig(made)
    assert (said.count(VALID), said.count(WHOLE)) == (1, 1), said
    assert "ETSI.CAdES.detached" in said
    content, message = parts_of(made.read_bytes())
    (tmp_path / "content").write_bytes(content)
    signer = tmp_path / "signer.pem"
    signer.write_bytes(
        openssl("x509", "-inform", "DER", stdin=token.certificates[0].certificate.der)
    )
    command = "cms -verify -cades -binary -inform DER -partial_chain -no_check_time -purpose any"
    where = ["-content", str(tmp_path / "content"), "-CAfile", str(signer)]
    assert openssl(*command.split(), *where, stdin=message) == content
    # EN 319 142-1, table 1: /M has the time, the message must not.
    assert b"signingTime" not in openssl(
        "cms", "-cmsout", "-print", "-inform", "DER", stdin=message
    )
    assert set(file.parent.iterdir()) == {file, made}, "nothing else is left"


@pytest.mark.parametrize("make", [with_xref_streams, hybrid, with_form, lambda: large(20 << 20)])
async def test_all_kinds_of_pdf(desk, file, make):
    file.write_bytes(make())
    said = pdfsig(await sign(desk, file))
    assert (said.count(VALID), said.count(WHOLE)) == (1, 1), said


async def test_an_earlier_signature_stays_valid(desk, file, another):
    file.write_bytes(await signed_before(another))
    once = await sign(desk, file)
    twice = await sign(desk, once)
    said = pdfsig(twice)
    assert (said.count(VALID), said.count(WHOLE)) == (3, 1), said


@pytest.mark.parametrize("permission", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
async def test_who_may_sign_a_certified_document_does(desk, file, another, permission):
    file.write_bytes(await signed_before(another, permission))
    said = pdfsig(await sign(desk, file))
    assert said.count(VALID) == 2, said


async def test_a_stamp_is_where_it_should_be(desk, file, seal, tmp_path):
    made = await sign(desk, file, stamp=Stamp(picture=seal, page=-1, box=BOX))
    assert red_part(made, 2, tmp_path) == pytest.approx((20, 30, 60, 50), abs=1)
    assert pdfsig(made).count(VALID) == 1


@pytest.mark.parametrize("turns", range(4))
async def test_a_stamp_stands_upright_on_a_page_that_is_turned(desk, file, seal, tmp_path, turns):
    file.write_bytes(turned(turns))
    made = await sign(desk, file, stamp=Stamp(picture=seal, page=1, box=BOX))
    assert red_part(made, 1, tmp_path) == pytest.approx((20, 30, 60, 50), abs=1)


async def test_a_stamp_counted_from_the_other_sides(desk, file, seal, tmp_path):
    box = Box(left=-20, top=-30, width=40, height=40)
    made = await sign(desk, file, stamp=Stamp(picture=seal, page=1, box=box))
    wanted = (210 - 20 - 40, 297 - 30 - 40, 210 - 20, 297 - 30 - 20)
    assert red_part(made, 1, tmp_path) == pytest.approx(wanted, abs=1)


def red_part(file: Path, page: int, folder: Path) -> tuple[float, ...]:
    """Return where poppler draws red: left, top, right, bottom in millimetres."""
    target = folder / "page"
    number = str(page)
    command = [
        "pdftoppm",
        "-cropbox",
        "-r",
        "127",
        "-f",
        number,
        "-l",
        number,
        "-singlefile",
        "-png",
    ]
    subprocess.run([*command, str(file), str(target)], check=True)
    red, green, _ = Image.open(target.with_suffix(".png")).convert("RGB").split()
    found = ImageChops.subtract(red, green).point(lambda value: 255 * (value > 100)).getbbox()
    return tuple(each / 5 for each in found)


async def test_another_file_is_made_where_it_is_wanted(desk, file, tmp_path):
    output = tmp_path / "elsewhere.pdf"
    assert await sign(desk, file, output=output) == output
    assert list(file.parent.iterdir()) == [file]


async def test_as_private_as_the_original(desk, file):
    file.chmod(0o640)
    made = await sign(desk, file)
    assert stat.S_IMODE(made.stat().st_mode) == 0o640


async def test_pdfs_inside_and_others_beside_with_one_pin(desk, file):
    other = file.with_name("b.xml")
    other.write_bytes(b"<a/>")
    _, ended = await desk.sign([file, other], pdf=PdfWish())
    names = [Path(each.signature).name for each in ended.files]
    assert names == ["合同 一-signed.pdf", "b.xml.p7s"]
    assert [each.level for each in ended.files] == ["b-b", ""]


class TestRefused:
    """Before any PIN, with a sentence, and nothing is left lying about."""

    async def test_encrypted(self, desk, file):
        file.write_bytes(encrypted())
        await refused(desk, file, PdfEncryptedError)

    @pytest.mark.parametrize("content", [b"", b"no pdf", plain()[:300], b"%PDF-1.7\n%%EOF"])
    async def test_damaged(self, desk, file, content):
        file.write_bytes(content)
        await refused(desk, file, PdfDamagedError)

    async def test_too_large(self, desk, file, monkeypatch):
        monkeypatch.setattr("agent.signing.pdf.inside.MAX_PDF_BYTES", 1000)
        await refused(desk, file, PdfTooLargeError)

    async def test_certified_against_any_change(self, desk, file, another):
        file.write_bytes(await signed_before(another, MDPPerm.NO_CHANGES))
        await refused(desk, file, PdfCertifiedError)

    async def test_an_earlier_signature_would_not_stand(self, desk, file, another):
        file.write_bytes(await locked_by(another))
        await refused(desk, file, EarlierSignatureError)

    async def test_certified_against_a_stamp(self, desk, file, another, seal):
        file.write_bytes(await signed_before(another, MDPPerm.FILL_FORMS))
        stamp = Stamp(picture=seal, page=1, box=BOX)
        await refused(desk, file, StampNotAllowedError, stamp=stamp)

    async def test_no_such_page(self, desk, file, seal):
        for page in (3, 0, -3):
            stamp = Stamp(picture=seal, page=page, box=BOX)
            await refused(desk, file, NoSuchPageError, stamp=stamp)

    @pytest.mark.parametrize("place", [(180, 30), (20, 270), (-180, 30)])
    async def test_a_stamp_that_is_not_on_the_page(self, desk, file, seal, place):
        box = Box(left=place[0], top=place[1], width=40, height=40)
        stamp = Stamp(picture=seal, page=1, box=box)
        await refused(desk, file, StampOffPageError, stamp=stamp)

    async def test_a_picture_that_is_none(self, desk, file, tmp_path):
        picture = tmp_path / "seal.png"
        picture.write_bytes(b"\x89PNG\r\n\x1a\n....")
        await refused(desk, file, StampUnusableError, stamp=Stamp(picture=picture, page=1, box=BOX))

    async def test_signed_already(self, desk, file):
        signed(file).write_bytes(b"another's")
        with pytest.raises(SignatureExistsError):
            await desk.service.sign_files(desk.thumbprint, [file], pdf=PdfWish())
        assert signed(file).read_bytes() == b"another's"

    async def test_the_part_is_not_installed(self, desk, file, monkeypatch):
        monkeypatch.setattr(process, "has_pdf_part", lambda: False)
        await refused(desk, file, PdfPartMissingError)


async def test_a_pdf_that_was_changed_after_it_was_shown_is_not_signed(desk, file):
    asked = await desk.service.sign_files(desk.thumbprint, [file], pdf=PdfWish())
    stamp = file.stat()
    file.write_bytes(plain()[:-1] + b" ")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert await type_in(asked.pin, PIN) is None
    ended = await desk.end()
    assert ended.files[0].error.code == "document_changed"
    assert not signed(file).exists()


async def test_a_wrong_pin_signs_nothing(desk, file):
    told, ended = await desk.sign([file], pin="000000", pdf=PdfWish())
    assert told.code == ended.error.code == "pin_incorrect"
    assert list(file.parent.iterdir()) == [file]


async def test_a_full_disk_leaves_nothing(desk, file, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agent.system.files.os.fsync", full)
    _, ended = await desk.sign([file], pdf=PdfWish())
    assert ended.files[0].error.code == "signature_not_written"
    assert list(file.parent.iterdir()) == [file]


async def test_a_token_pulled_after_the_question(desk, tokens, file):
    asked = await desk.service.sign_files(desk.thumbprint, [file], pdf=PdfWish())
    tokens.pull_out()
    assert (await type_in(asked.pin, PIN)) is not None
    assert (await desk.end()).error is not None
    assert list(file.parent.iterdir()) == [file]
