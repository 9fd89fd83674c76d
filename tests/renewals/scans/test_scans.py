"""Scans: what counts is the content, not the name, and it is looked at before the review does."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import LIMITS, exif, noise, pdf, png, saved, several, sixteen_bit_png
from PIL import Image

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.dossier.findings import DossierIncompleteError
from agent.renewals.scans.judging import judge
from agent.renewals.scans.model import COMFORTABLE_PIXELS, Change, Fault, Limits, ScanFacts
from agent.renewals.scans.reports import digest_scans, report_scan
from agent.renewals.scans.wording import ADVICE, FAULTS, change_text

FRONT, BACK = DocumentName.ID_CARD_FRONT, DocumentName.ID_CARD_BACK
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
WHOLE = {kind: noise(kind) for kind in FORMATS}


def faults(content: bytes, limits: Limits = LIMITS) -> tuple[Fault, ...]:
    return report_scan(content, limits).faults


@pytest.mark.parametrize("kind", FORMATS)
def test_the_guides_formats_are_taken_and_named_by_content(kind):
    digest = digest_scans({FRONT: WHOLE[kind]})[FRONT]
    assert digest.media_type == FORMATS[kind]
    assert digest.size == len(WHOLE[kind])
    assert digest.sha256 == hashlib.sha256(WHOLE[kind]).hexdigest()
    assert faults(WHOLE[kind]) == ()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "1", {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
        ("GIF", "P", {}),
        ("BMP", "1", {}),
    ],
)
def test_scanners_write_them_in_many_ways(kind, mode, options):
    assert faults(noise(kind, mode=mode, **options)) == ()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (noise("JPEG", exif=exif(orientation=6)), (Fault.ROTATED,)),
        (noise("PNG", exif=exif(orientation=3)), (Fault.ROTATED,)),
        (noise("JPEG", mode="CMYK"), (Fault.CMYK,)),
        (sixteen_bit_png(), (Fault.SIXTEEN_BIT,)),
        (png(2, 2, bytes(2 * 13), depth=16, colour=2), (Fault.SIXTEEN_BIT,)),
        (several("GIF"), (Fault.SEVERAL_PICTURES,)),
        (several("PNG"), (Fault.SEVERAL_PICTURES,)),
        (saved(Image.new("1", (4000, 4001)), "PNG"), (Fault.HUGE,)),
        (noise("BMP", (700, 500)), (Fault.TOO_LARGE,)),
        (noise("TIFF"), (Fault.WRONG_FORMAT,)),
        (several("TIFF"), (Fault.WRONG_FORMAT, Fault.SEVERAL_PICTURES)),
        (noise("WEBP"), (Fault.WRONG_FORMAT,)),
        (pdf(), (Fault.WRONG_FORMAT,)),
        (pdf(2), (Fault.WRONG_FORMAT, Fault.SEVERAL_PICTURES)),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, tuple) else "",
)
def test_what_can_be_mended_is_named(content, found):
    report = report_scan(content, LIMITS)
    assert report.faults == found
    assert report.can_be_converted
    assert report.is_taken is not any(fault.is_refused for fault in found)
    for fault in found:
        assert "{" not in report.sentence(fault, Language.ZH)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.NOT_AN_IMAGE),
        ("这不是图片".encode(), Fault.NOT_AN_IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Fault.NOT_AN_IMAGE),
        (b"<html><img></html>", Fault.NOT_AN_IMAGE),
        (noise("ICO"), Fault.NOT_AN_IMAGE),
        (noise("PPM"), Fault.NOT_AN_IMAGE),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Fault.CANNOT_OPEN),
        (b"\0\0\0\x18ftypavif\0\0\0\0", Fault.CANNOT_OPEN),
        (saved(Image.new("F", (9, 9)), "TIFF"), Fault.CANNOT_OPEN),
        (b"\x89PNG\r\n\x1a\n", Fault.DAMAGED),
        (b"\xff\xd8\xff", Fault.DAMAGED),
        (b"GIF89a", Fault.DAMAGED),
        (b"BM", Fault.DAMAGED),
        (b"%PDF-1.7\n", Fault.DAMAGED),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Fault.DAMAGED),
    ],
)
def test_what_gives_no_picture_is_named(content, fault):
    report = report_scan(content, LIMITS)
    assert report.faults == (fault,)
    assert not report.is_taken
    assert not report.can_be_converted
    assert "{" not in report.sentence(fault, Language.ZH)


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(sorted(FORMATS)), st.floats(0.05, 0.98))
def test_a_truncated_image_is_damaged(kind, part):
    content = WHOLE[kind]
    assert faults(content[: int(len(content) * part)]) == (Fault.DAMAGED,)


def test_each_file_without_a_picture_is_named_by_its_document():
    scans = {FRONT: WHOLE["PNG"][:200], BACK: b"nothing", DocumentName.AUTHORISATION_LETTER: pdf()}
    with pytest.raises(DossierIncompleteError) as caught:
        digest_scans(scans)
    assert [(item.item, item.message) for item in caught.value.report().items] == [
        ("id_card_front", "The file is damaged or incomplete."),
        ("id_card_back", "This file is not an image."),
    ]


def test_the_pictures_a_phone_appends_to_a_photograph_do_not_count():
    first, second = Image.effect_noise((60, 40), 80), Image.effect_noise((20, 10), 80)
    content = saved(first, "MPO", save_all=True, append_images=[second])
    report = report_scan(content, LIMITS)
    assert report.faults == ()
    assert report.facts.media_type == "image/jpeg"


def test_two_images_in_one_are_what_the_first_one_is():
    assert report_scan(WHOLE["PNG"] + WHOLE["JPEG"], LIMITS).facts.media_type == "image/png"


def test_it_is_said_which_metadata_a_file_carries():
    content = noise("JPEG", exif=exif(place=1), comment=b"made at home")
    assert report_scan(content, LIMITS).facts.metadata == ("EXIF", "GPS", "comment")
    assert report_scan(WHOLE["JPEG"], LIMITS).facts.metadata == ()


def facts(**changes) -> ScanFacts:
    usual = {"format": "PNG", "media_type": "image/png", "size": 9, "width": 9, "height": 9}
    return ScanFacts(**{**usual, **changes})


def test_the_limit_itself_is_too_large():
    assert judge(facts(size=LIMITS.max_bytes - 1), LIMITS) == ()
    assert judge(facts(size=LIMITS.max_bytes), LIMITS) == (Fault.TOO_LARGE,)


def test_the_size_of_a_file_that_is_not_taken_anyway_does_not_matter():
    only_jpeg = Limits(formats=("image/jpeg",), max_bytes=5)
    assert judge(facts(), only_jpeg) == (Fault.WRONG_FORMAT,)


@given(
    st.builds(
        facts,
        media_type=st.sampled_from([*FORMATS.values(), "image/tiff", "application/pdf"]),
        size=st.integers(1, 2 * LIMITS.max_bytes),
        width=st.integers(1, 9000),
        height=st.integers(1, 7000),
        orientation=st.integers(1, 8),
        pictures=st.integers(1, 4),
        is_cmyk=st.booleans(),
        is_sixteen_bit=st.booleans(),
    )
)
def test_a_picture_without_faults_is_taken_small_upright_and_alone(scan):
    is_right = (
        scan.media_type in LIMITS.formats
        and scan.size < LIMITS.max_bytes
        and scan.orientation == scan.pictures == 1
        and not (scan.is_cmyk or scan.is_sixteen_bit)
        and scan.width * scan.height <= COMFORTABLE_PIXELS
    )
    assert (judge(scan, LIMITS) == ()) is is_right


def test_every_fault_has_a_sentence_and_those_that_cannot_be_mended_an_advice():
    assert set(FAULTS) == set(Fault)
    without_advice = {fault for fault in Fault if fault not in ADVICE}
    assert without_advice == {
        *(Fault.WRONG_FORMAT, Fault.TOO_LARGE, Fault.ROTATED, Fault.CMYK),
        *(Fault.SIXTEEN_BIT, Fault.SEVERAL_PICTURES, Fault.HUGE),
    }


@pytest.mark.parametrize("change", Change)
def test_every_change_is_said_in_both_languages(change):
    english, chinese = (change_text(change, facts(), 1, language) for language in Language)
    assert english != chinese
