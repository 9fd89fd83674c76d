"""What the screenshots show of 签署文件."""

from __future__ import annotations

import base64
import io
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from actors import in_words, pair, prompt, token, tokens
from PIL import Image, ImageDraw
from scene import Answers, Scene

from agent.ground.language import Language
from agent.signing.errors import SignatureExistsError
from agent.tokens.pin_states import PinPurpose
from agent.windows.signing.stamp_dialog import StampDialog

NAMES = {
    "合同(2026-11)终稿.pdf": 1_482_133,
    "投标文件.xml": 20_480,
    "授权委托书 签字页 第二版.docx": 88_004,
}
ID = "0123456789abcdef"


@cache
def documents() -> list[str]:
    """Return documents of a folder that lasts as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="odc-documents-"))
    for name, size in NAMES.items():
        (folder / name).write_bytes(b"%" * size)
    return [str(folder / name) for name in NAMES]


def asked(files: list[str]) -> dict[str, Any]:
    """Return SigningView as the agent would have made it."""
    return {
        "id": ID,
        "organisation": "深圳市样例有限公司",
        "documents": [
            {
                "file": file,
                "name": Path(file).name,
                "size": Path(file).stat().st_size,
                "sha256": f"{number}f3a9c" * 10 + "0123",
                "signature": f"{file}.p7s",
            }
            for number, file in enumerate(files)
        ],
        "pin": prompt(purpose=PinPurpose.SIGN),
    }


def signed(file: str, error: SignatureExistsError | None = None) -> dict[str, Any]:
    """Return SignedFile as the agent would have made it."""
    report = error.report() if error else None
    return {"file": file, "signature": f"{file}.p7s", "error": report}


def _answers(language: Language) -> Answers:
    held = in_words(token(*pair(days=300)), language)
    return {
        "tokens__list": tokens(held),
        "signing__ways": {"inside": True},
        "signing__sign": lambda given: asked(given["files"]),
        "signing__page": {"picture": page(), "pages": 3, "width": 210.0, "height": 297.0},
        "signing__picture": {"picture": seal()},
    }


def _has_certificate(window: Any) -> bool:
    return window.certificate.count() > 0


def _drawn(picture: Image.Image) -> str:
    content = io.BytesIO()
    picture.save(content, "JPEG")
    return base64.b64encode(content.getvalue()).decode()


@cache
def page() -> str:
    """Return the picture of a page with some lines on it."""
    picture = Image.new("RGB", (840, 1188), "white")
    pen = ImageDraw.Draw(picture)
    for line in range(24):
        pen.rectangle(
            (90, 120 + 36 * line, 740 - 90 * (line % 4 == 3), 132 + 36 * line), fill="#777"
        )
    return _drawn(picture)


@cache
def seal() -> str:
    """Return the picture of a round seal."""
    picture = Image.new("RGB", (400, 400), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((8, 8, 392, 392), outline="#c00", width=14)
    pen.regular_polygon((200, 200, 90), 5, fill="#c00")
    return _drawn(picture)


def _stamp(window: Any) -> None:
    window.documents.add(documents())
    window.stamp.click()
    [dialog] = window.findChildren(StampDialog)
    dialog.take_picture("/公章.png")


def _can_stamp(window: Any) -> bool:
    return _has_certificate(window) and window.inside.isChecked()


def _ask(window: Any) -> None:
    window.documents.add(documents())
    window.sign.click()


def _end(window: Any) -> None:
    """Have all been signed but one."""
    window.documents.add(documents())
    window._signing, window._files = asked(documents()), documents()
    for file, document in zip(documents(), window._signing["documents"], strict=True):
        window.documents.show_read(file, document)
    first, second, third = documents()
    exists = SignatureExistsError(file=f"{Path(second).name}.p7s")
    files = [_plain(signed(first)), _plain(signed(second, exists)), _plain(signed(third))]
    for number, file in enumerate(files, start=1):
        window.on_event({"event": "document_signed", "id": ID, "number": number, "file": file})
    window.on_event({"event": "documents_signed", "id": ID, "files": files, "error": None})


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


SCENES = {
    "sign": Scene("sign", _answers, is_ready=_has_certificate, prepare=_ask, in_all_looks=True),
    "sign-empty": Scene("sign", _answers, is_ready=_has_certificate),
    "sign-no-token": Scene(
        "sign", lambda language: {**_answers(language), "tokens__list": tokens()}
    ),
    "sign-done": Scene("sign", _answers, is_ready=_has_certificate, prepare=_end),
    "sign-stamp": Scene(
        "sign",
        _answers,
        is_ready=_can_stamp,
        prepare=_stamp,
        part=lambda window: window.findChildren(StampDialog)[0],
    ),
    "sign-small": Scene("sign", _answers, is_ready=_has_certificate, prepare=_ask, size=(640, 330)),
}
