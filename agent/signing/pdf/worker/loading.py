"""Loading what the library loads only where it needs it: once confined, this process opens no file."""

from __future__ import annotations

import codecs

import lxml.etree
import pyhanko.pdf_utils.crypt.pdfmac
import pyhanko.pdf_utils.filters
import pyhanko.pdf_utils.font.api
import pyhanko.pdf_utils.metadata.xmp_xml
import pyhanko.sign.validation.settings  # noqa: F401 - all of them are imported for later

_ENCODINGS = (
    "ascii",
    "cp1252",
    "hex",
    "idna",
    "latin1",
    "utf-16",
    "utf-16be",
    "utf-16le",
    "utf-8-sig",
)


def load() -> None:
    """Have all encodings at hand that PDFs and certificates have."""
    for name in _ENCODINGS:
        codecs.lookup(name)
    # Its error messages are made late, too.
    lxml.etree.XMLParser()
