"""PDFs of all kinds, and what others say of the signatures in them."""

from __future__ import annotations

import io
import os
import re
import subprocess
from pathlib import Path

from fpdf import FPDF
from fpdf.encryption import AccessPermission
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import MDPPerm

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def plain(pages: int = 2) -> bytes:
    document = FPDF()
    document.set_font("helvetica", size=24)
    for number in range(pages):
        document.add_page()
        document.cell(text=f"Contract, page {number + 1}")
    return bytes(document.output())


def large(size: int) -> bytes:
    """A PDF with something of ``size`` bytes in it that cannot be compressed."""
    document = FPDF()
    document.add_page()
    document.embed_file(bytes=os.urandom(size), basename="annex.bin")
    return bytes(document.output())


def encrypted() -> bytes:
    document = FPDF()
    document.set_encryption("owner", "", permissions=AccessPermission.all())
    document.add_page()
    return bytes(document.output())


def turned(turns: int) -> bytes:
    """A page that is shown turned, and of which a part is cut off."""
    writer = IncrementalPdfFileWriter(io.BytesIO(plain(1)))
    page = writer.find_page_for_modification(0)[0].get_object()
    page[pdf_name("/Rotate")] = generic.NumberObject(90 * turns)
    page[pdf_name("/CropBox")] = generic.ArrayObject(map(generic.NumberObject, (50, 30, 450, 780)))
    writer.update_container(page)
    return _written(writer)


def with_xref_streams() -> bytes:
    """Objects in streams, as most programs have written them for twenty years (ISO 32000-1, 7.5.8)."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(plain())), {"stream_xrefs": True})
    content = _written(writer)
    assert b"/XRef" in content
    return content


def hybrid() -> bytes:
    """An xref table with a stream beside it, for old and new readers (7.5.8.4)."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    }
    out, at = bytearray(b"%PDF-1.5\n"), {}
    for number, body in objects.items():
        at[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    stream_at = len(out)
    entries = b"".join(bytes((1,)) + place.to_bytes(4, "big") + b"\0\0" for place in (stream_at,))
    out += b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 2]/Index[4 1]/Root 1 0 R/Length %d>>stream\n" % len(
        entries
    )
    out += entries + b"\nendstream\nendobj\n"
    table_at = len(out)
    out += b"xref\n0 5\n0000000004 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % at[number] for number in objects)
    out += b"0000000000 00000 f \n"
    out += b"trailer\n<</Size 5/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        stream_at,
        table_at,
    )
    return bytes(out)


def with_form() -> bytes:
    """A text field that is called as a first signature's would be, and an empty signature field."""
    writer = IncrementalPdfFileWriter(io.BytesIO(plain()))
    page = writer.find_page_for_modification(0)[0]
    field = generic.DictionaryObject(
        {
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): generic.pdf_string("Signature1"),
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (100, 100, 300, 120))),
            pdf_name("/V"): generic.pdf_string("filled in"),
        }
    )
    reference = writer.add_object(field)
    page.get_object()[pdf_name("/Annots")] = generic.ArrayObject([reference])
    writer.update_container(page.get_object())
    writer.root[pdf_name("/AcroForm")] = generic.DictionaryObject(
        {pdf_name("/Fields"): generic.ArrayObject([reference])}
    )
    writer.update_root()
    fields.append_signature_field(writer, fields.SigFieldSpec("Director"))
    return _written(writer)


async def signed_before(
    signer: signers.Signer, permission: MDPPerm | None = None, **options
) -> bytes:
    """A PDF another program has signed; with a ``permission`` its author has certified it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(options.pop("content", None) or plain()))
    certify = {"certify": True, "docmdp_permissions": permission} if permission else {}
    meta = signers.PdfSignatureMetadata(field_name="Earlier", **certify, **options)
    return (await signers.async_sign_pdf(writer, meta, signer=signer)).getvalue()


async def locked_by(signer: signers.Signer) -> bytes:
    """A PDF whose signer locked all fields: a further one counts as a change (FieldMDP)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(plain()))
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    fields.append_signature_field(writer, fields.SigFieldSpec("Earlier", field_mdp_spec=lock))
    meta = signers.PdfSignatureMetadata(field_name="Earlier")
    return (await signers.async_sign_pdf(writer, meta, signer=signer)).getvalue()


def filled_in_after(content: bytes) -> bytes:
    """What somebody changes on a page of a signed PDF."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page = writer.find_page_for_modification(0)[0].get_object()
    stream = generic.StreamObject(stream_data=b"BT /F1 24 Tf 100 300 Td (1 000 000) Tj ET")
    page[pdf_name("/Contents")] = writer.add_object(stream)
    writer.update_container(page)
    return _written(writer)


def _written(writer) -> bytes:
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def pdfsig(file: Path) -> str:
    """What poppler says of the signatures; whether somebody is trusted is not asked for."""
    done = subprocess.run(
        ["pdfsig", "-nocert", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return done.stdout


def parts_of(content: bytes, number: int = -1) -> tuple[bytes, bytes]:
    """Return what a signature of a PDF signs, and its CMS, taken out by hand."""
    ranges = _BYTE_RANGE.findall(content)[number]
    _, first, second, rest = map(int, ranges)
    message = bytes.fromhex(content[first + 1 : second - 1].decode())
    length = 4 + int.from_bytes(message[2:4], "big")
    assert message[:2] == b"\x30\x82"
    assert not message[length:].strip(b"\0")
    return content[:first] + content[second : second + rest], message[:length]
