"""What is wrong with a scan, what can be done, and what a conversion did, in words. Pure."""

from __future__ import annotations

from agent.ground.language import Language, mark, translate
from agent.ground.not_confined import NOT_CONFINED, WHAT_TO_DO
from agent.renewals.scans.model import Change, Fault, ScanFacts

FAULTS = {
    Fault.NOT_AN_IMAGE: mark("This file is not an image."),
    Fault.DAMAGED: mark("The file is damaged or incomplete."),
    Fault.CANNOT_OPEN: mark("A picture of the format {format} cannot be opened here."),
    Fault.LOCKED: mark("The PDF is protected by a password."),
    Fault.TOO_MANY_PIXELS: mark("This image has too many pixels."),
    Fault.TOO_DEMANDING: mark("The file cannot be opened safely."),
    Fault.NOT_CONFINED: NOT_CONFINED,
    Fault.NO_SUCH_PAGE: mark("The file has no such page."),
    Fault.CANNOT_FIT: mark("No legible picture of this is small enough."),
    Fault.WRONG_FORMAT: mark("The authority does not take {format} files."),
    Fault.TOO_LARGE: mark("The file must be smaller than {limit} KB."),
    Fault.ROTATED: mark("The picture is stored turned; some programs show it lying on its side."),
    Fault.CMYK: mark("The picture is in printing colours (CMYK); some programs show them wrong."),
    Fault.SIXTEEN_BIT: mark("The picture has 16 bits per colour; some programs cannot show it."),
    Fault.SEVERAL_PICTURES: mark(
        "The file holds {pictures} pictures or pages; the reviewer may see the first one only."
    ),
    Fault.HUGE: mark("The picture has {width} × {height} pixels, more than a review needs."),
}
"""The sentence of each fault; ``{format}`` and the like come from facts and limits."""

ADVICE = {
    Fault.NOT_AN_IMAGE: mark("Scan the paper and save it as JPG or PNG."),
    Fault.DAMAGED: mark("Scan the paper again, or copy the file again."),
    Fault.CANNOT_OPEN: mark("Save it as JPG where it was made."),
    Fault.LOCKED: mark("Save the PDF without a password."),
    Fault.TOO_MANY_PIXELS: mark("Scan the paper again at 300 dpi."),
    Fault.TOO_DEMANDING: mark("Scan the paper again at 300 dpi."),
    Fault.NOT_CONFINED: WHAT_TO_DO,
    Fault.NO_SUCH_PAGE: mark("Choose one of its pages."),
    Fault.CANNOT_FIT: mark("Scan each paper by itself, at 150 dpi."),
}
"""What to do where no conversion helps."""

_CHANGES = {
    Change.NOT_ALL_DRAWN: mark(
        "a seal, signature or field of the page could not be drawn and is missing: "
        "print the page and scan it"
    ),
    Change.PAGE_DRAWN: mark("picture of page {page} of {pictures}"),
    Change.FIRST_PICTURE: mark("picture {page} of {pictures}, the others are left out"),
    Change.TURNED_UPRIGHT: mark("turned upright"),
    Change.TURNED: mark("turned as you asked"),
    Change.TO_RGB: mark("colours for screens (RGB)"),
    Change.TO_EIGHT_BIT: mark("8 bits per colour"),
    Change.SCALED_DOWN: mark("scaled down"),
    Change.RECOMPRESSED: mark("compressed anew"),
    Change.METADATA_REMOVED: mark("metadata removed ({metadata})"),
}


def change_text(change: Change, before: ScanFacts, page: int, language: Language) -> str:
    """Return what one change of a conversion did, as a phrase."""
    return translate(
        _CHANGES[change],
        language,
        page=page,
        pictures=before.pictures,
        metadata=", ".join(before.metadata),
    )


def facts_text(facts: ScanFacts, language: Language) -> str:
    """Return format, pixels and size of a picture, as one phrase."""
    return translate(
        mark("{format}, {width} × {height} pixels, {kilobytes} KB"),
        language,
        format=facts.format,
        width=facts.width,
        height=facts.height,
        # Rounded up: a file of 1024 KB and a byte is not one of 1024 KB.
        kilobytes=-(-facts.size // 1024),
    )
