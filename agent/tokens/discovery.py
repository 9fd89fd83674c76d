"""Which PKCS#11 modules to serve: those configured, else the well-known ones that are installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from agent.tokens.model import ModuleSettings

# OpenSC, then SoftHSM; vendors' libraries join this table.
WELL_KNOWN: dict[str, tuple[str, ...]] = {
    "linux": (
        "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib64/opensc-pkcs11.so",
        "/usr/lib/softhsm/libsofthsm2.so",
    ),
    "darwin": ("/Library/OpenSC/lib/opensc-pkcs11.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"),
    "win32": (r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",),
}


def find_modules(
    configured: Iterable[ModuleSettings] | None, *, platform: str = sys.platform
) -> tuple[ModuleSettings, ...]:
    """Return the modules to serve; ``configured`` is taken as it is, None means look around."""
    if configured is not None:
        return tuple(configured)
    return tuple(
        ModuleSettings(path=path) for path in WELL_KNOWN.get(platform, ()) if Path(path).is_file()
    )
