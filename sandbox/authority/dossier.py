"""An invented applicant with generated scans: everything a renewal of an expired certificate needs."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
from PIL import Image, ImageDraw, ImageFont
from stdnum.cn import ric

from agent.renewals.authorities.ra_protocol import Applicant, DocumentName
from sandbox.home import SandboxError, write_file

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
_PAPER = (252, 251, 247)
_INK = (40, 40, 46)
_SEAL = (200, 30, 35)

# Region and birthday are real ones, as GB 11643 asks; order number 000 is given to nobody.
_ID_NUMBER_STEM = "44030019900101000"

_SCANS: dict[DocumentName, tuple[str, tuple[int, int], tuple[tuple[str, str], ...]]] = {
    DocumentName.ORGANISATION_CERTIFICATE: (
        "organisation_certificate.png",
        (840, 1188),
        (("单位证照复印件", "Organisation certificate (copy)"), ("样本,仅供测试", "SAMPLE")),
    ),
    DocumentName.ID_CARD_FRONT: (
        "id_card_front.jpg",
        (856, 540),
        (("经办人身份证 人像面", "ID card, portrait side"), ("姓名 样例", "Name: Sample")),
    ),
    DocumentName.ID_CARD_BACK: (
        "id_card_back.jpg",
        (856, 540),
        (("经办人身份证 国徽面", "ID card, emblem side"), ("样本,仅供测试", "SAMPLE")),
    ),
    DocumentName.AUTHORISATION_LETTER: (
        "authorisation_letter.png",
        (840, 1188),
        (("法人授权书", "Letter of authorisation"), ("兹授权 样例 办理证书更新", "SAMPLE")),
    ),
}


def sample_applicant() -> Applicant:
    """Return a person who does not exist, with an ID number whose check digit is right."""
    return Applicant(
        id_number=_ID_NUMBER_STEM + ric.calc_check_digit(_ID_NUMBER_STEM + "0"),
        name="样例",
        address="广东省深圳市样例路1号",
        phone="13800000000",
        email="applicant@example.com",
    )


def write_sample_dossier(folder: Path) -> dict[str, Path]:
    """Write ``applicant.json`` and the four scans to ``folder``; return the files by their names.

    Raises:
        SandboxError: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = {"applicant": folder / "applicant.json"}
        encoded = msgspec.json.format(msgspec.json.encode(sample_applicant()), indent=2)
        write_file(files["applicant"], encoded + b"\n")
        for name, (file_name, size, lines) in _SCANS.items():
            files[name] = folder / file_name
            draw_paper(size, lines).save(files[name])
    except OSError as error:
        raise SandboxError(f"cannot write to {folder}: {error.strerror or error}") from error
    return files


def draw_paper(size: tuple[int, int], lines: tuple[tuple[str, str], ...]) -> Image.Image:
    """Draw a stamped paper with ``lines``, each in Chinese and English; the font decides which."""
    image = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((24, 24, width - 24, height - 24), outline=_INK, width=2)
    for row, (chinese, english) in enumerate(lines):
        text, font = _set_in_type(chinese, english, 44 if row == 0 else 28)
        draw.text((width / 2, 110 + row * 90), text, fill=_INK, font=font, anchor="mm")
    for y in range(320, height - 260, 48):
        draw.line((90, y, width - 90, y), fill=(205, 205, 205), width=2)
    _stamp(draw, (width - 180, height - 180), 110)
    return image


def _stamp(draw: ImageDraw.ImageDraw, centre: tuple[int, int], radius: int) -> None:
    """Draw the organisation's round red seal."""
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=_SEAL, width=7)
    draw.polygon(_star(x, y - 8, 36), fill=_SEAL)
    text, font = _set_in_type("样例公章", "SAMPLE SEAL", 26)
    draw.text((x, y + radius * 0.62), text, fill=_SEAL, font=font, anchor="mm")


def _set_in_type(
    chinese: str, english: str, size: int
) -> tuple[str, ImageFont.FreeTypeFont | ImageFont.ImageFont]:
    """Return the text that can be drawn here, and the font for it."""
    for path in _FONTS:
        if Path(path).exists():
            return chinese, ImageFont.truetype(path, size)
    return english, ImageFont.load_default(size)


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    points = []
    for corner in range(10):
        length = radius if corner % 2 == 0 else radius * 0.38
        angle = math.pi * (corner / 5 - 0.5)
        points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    return points
