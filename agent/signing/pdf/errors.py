"""Why a PDF is not signed inside, or its signatures are not read: one error for each fault."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.not_confined import NOT_CONFINED, WHAT_TO_DO
from agent.signing.pdf.model import PdfFault

_BESIDE = mark("Sign it with a signature file beside it (.p7s).")


class PdfPartMissingError(OdcError):
    """The library that takes PDFs apart is not installed."""

    code = "pdf_part_missing"
    sentence = mark(
        "Signatures inside a PDF need a part of the program that is not installed (pyHanko)."
    )
    advice = mark(
        "Install it with `pip install 'odc-agent[pdf]'` (the administrators' guide tells how), or sign with "
        "a signature file beside the PDF (.p7s)."
    )


class Sm2InPdfError(OdcError):
    """The certificate is for an SM2 key."""

    code = "sm2_in_pdf"
    sentence = mark("A signature inside a PDF cannot be made with an SM2 certificate here.")
    advice = _BESIDE


class PdfTooLargeError(OdcError):
    """It is longer than what is taken apart."""

    code = "pdf_too_large"
    sentence = mark("{file} is too large to be signed inside: {limit} MB is the most.")
    advice = _BESIDE


class PdfDamagedError(OdcError):
    """It cannot be read."""

    code = "pdf_damaged"
    sentence = mark("{file} is damaged, or no PDF.")
    advice = mark("Open it in the program it comes from, and save it as a PDF again.")


class PdfEncryptedError(OdcError):
    """It is encrypted."""

    code = "pdf_encrypted"
    sentence = mark("{file} is encrypted, so it cannot be signed inside.")
    advice = mark(
        "Save it without a password first, or sign it with a signature file beside it (.p7s)."
    )


class PdfCertifiedError(OdcError):
    """Its author allows no change."""

    code = "pdf_certified"
    sentence = mark(
        "The author of {file} certified it so that nothing may be added to it, not even a signature."
    )
    advice = _BESIDE


class StampNotAllowedError(OdcError):
    """Its author allows signatures, and nothing on its pages."""

    code = "stamp_not_allowed"
    sentence = mark("The author of {file} certified it so that nothing may be put on its pages.")
    advice = mark("Sign it without a stamp.")


class EarlierSignatureError(OdcError):
    """An earlier signature would not stand."""

    code = "earlier_signature"
    sentence = mark("An earlier signature in {file} would become invalid by a further one.")
    advice = _BESIDE


class NoSuchPageError(OdcError):
    """It has fewer pages."""

    code = "no_such_page"
    sentence = mark("{file} has no such page for the stamp.")
    advice = mark("Choose another page.")


class StampOffPageError(OdcError):
    """The stamp is not wholly on the page."""

    code = "stamp_off_page"
    sentence = mark("The stamp would not lie on the page of {file} as a whole.")
    advice = mark("Choose another place, or a smaller size.")


class StampUnusableError(OdcError):
    """The stamp's picture cannot be read."""

    code = "stamp_unusable"
    sentence = mark("The picture of the stamp cannot be used.")
    advice = mark("Choose a PNG or JPEG picture.")


class PdfTooDemandingError(OdcError):
    """It takes more memory or time than a document may."""

    code = "pdf_too_demanding"
    sentence = mark("{file} cannot be opened safely.")
    advice = _BESIDE


class NoSignatureInPdfError(OdcError):
    """Nobody signed it inside."""

    code = "no_signature_in_pdf"
    sentence = mark("There is no signature in {file}, and none beside it.")
    advice = mark("Say where its signature is with --signature.")


class PdfNotConfinedError(OdcError):
    """No fault of the document's: this system lets no process be confined."""

    code = "not_confined"
    sentence = NOT_CONFINED
    advice = WHAT_TO_DO


OF_FAULT: dict[PdfFault, type[OdcError]] = {
    PdfFault.DAMAGED: PdfDamagedError,
    PdfFault.ENCRYPTED: PdfEncryptedError,
    PdfFault.NO_CHANGES_ALLOWED: PdfCertifiedError,
    PdfFault.STAMP_NOT_ALLOWED: StampNotAllowedError,
    PdfFault.BREAKS_EARLIER: EarlierSignatureError,
    PdfFault.NO_SUCH_PAGE: NoSuchPageError,
    PdfFault.OFF_THE_PAGE: StampOffPageError,
    PdfFault.PICTURE_UNUSABLE: StampUnusableError,
    PdfFault.TOO_DEMANDING: PdfTooDemandingError,
}
