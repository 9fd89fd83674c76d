"""What a native messaging manifest says."""

from __future__ import annotations

import json
from pathlib import Path

from native_host.browsers import Family
from native_host.identity import FIREFOX_ID, HOST_NAME, chromium_origins

FILE_NAME = f"{HOST_NAME}.json"
DESCRIPTION = "Digital certificate agent 证照管家"


def manifest(family: Family, launcher: Path) -> bytes:
    """Return the manifest file that lets our extension, and no other, start ``launcher``."""
    allowed = (
        {"allowed_origins": chromium_origins()}
        if family is Family.CHROMIUM
        else {"allowed_extensions": [FIREFOX_ID]}
    )
    content = {
        "name": HOST_NAME,
        "description": DESCRIPTION,
        "path": str(launcher),
        "type": "stdio",
        **allowed,
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def launcher_named_by(content: bytes, file: Path) -> str | None:
    """Return the program the manifest in ``file`` starts; None where the file is not such a manifest.

    On Windows it may lie beside the manifest and be named without its folder.
    """
    path = _parsed(content).get("path")
    return str(file.parent / path) if isinstance(path, str) else None


def is_for_us(content: bytes, family: Family) -> bool:
    """Return whether a manifest lets our extension start what it names."""
    parsed = _parsed(content)
    name, wanted = (
        ("allowed_origins", chromium_origins())
        if family is Family.CHROMIUM
        else ("allowed_extensions", [FIREFOX_ID])
    )
    allowed = parsed.get(name)
    return parsed.get("name") == HOST_NAME and isinstance(allowed, list) and wanted[0] in allowed


def _parsed(content: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
