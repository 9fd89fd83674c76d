"""What the screenshots show of 签署文件."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from actors import in_words, pair, prompt, token, tokens
from scene import Answers, Scene

from agent.ground.language import Language
from agent.signing.errors import SignatureExistsError
from agent.tokens.pin_states import PinPurpose

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
    return {"tokens__list": tokens(held), "signing__sign": lambda given: asked(given["files"])}


def _has_certificate(window: Any) -> bool:
    return window.certificate.count() > 0


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
    "sign-no-token": Scene("sign", lambda _: {"tokens__list": tokens()}),
    "sign-done": Scene("sign", _answers, is_ready=_has_certificate, prepare=_end),
    "sign-small": Scene("sign", _answers, is_ready=_has_certificate, prepare=_ask, size=(640, 330)),
}
