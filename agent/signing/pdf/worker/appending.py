"""Adding what a signature is verified with in later years."""

from __future__ import annotations

import io

from asn1crypto import crl, ocsp, x509
from pyhanko.sign.validation.dss import DocumentSecurityStore

from agent.signing.pdf.model import Append, Appended
from agent.signing.pdf.worker.opening import open_writer


def append(content: bytes, wish: Append) -> tuple[Appended, bytes]:
    """Return what comes after the PDF's own bytes; UnusableError."""
    writer = open_writer(content)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(der) for der in wish.certificates],
        ocsps=[ocsp.OCSPResponse.load(der) for der in wish.ocsp_responses],
        crls=[crl.CertificateList.load(der) for der in wish.crls],
    )
    output = io.BytesIO()
    writer.write(output)
    return Appended(), output.getvalue()[len(content) :]
