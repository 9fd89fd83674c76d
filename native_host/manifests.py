"""What a native messaging manifest says, and the extension's identity in each browser family."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from native_host.browsers import Family

HOST_NAME = "org.odc.agent"
FILE_NAME = f"{HOST_NAME}.json"
DESCRIPTION = "Digital certificate agent 证照管家"

EXTENSION_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvKUfAIZEzvK1FJ/B43H9LpaQ1Qao3lIVzDmjGs7n"
    "DzEIpKjikJDS/Ri8hwtsEOxC31glYCU21U+4PzVlW1NyvPCaCNDiio887DXVVYUt957nUaGreqo0lnhR/XBm"
    "/5RmREvFHvI4t4LdnmQ99hHtaE6Y41MfsY0mwe1hTMwFfNEY+ibxklcZILPAAkMCczSnfpqW7rYFnjLWev/2"
    "yw4EhQe7IYhbD1iukvtpHocZvBcDUvkvDa9mnPt9PUYb/ZpV4E8y4Ywo31cXbjvdn7AFq1txdqE2aO/KX9Dv"
    "usAkha8i4gZP2tK4sUBOg5anHrh1gGQ6BBSNq2IAvT9thijEMwIDAQAB"
)
"""The public key in ``browser_ext/extension/manifest.json``; it fixes the extension's id."""
FIREFOX_EXTENSION = "odc-agent@odc.example"


def extension_id(key: str = EXTENSION_KEY) -> str:
    """Return the id Chromium derives from a manifest's key: 128 bits of SHA-256, in a to p."""
    digest = hashlib.sha256(base64.b64decode(key)).hexdigest()[:32]
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def manifest(family: Family, launcher: Path) -> bytes:
    """Return the manifest file that lets our extension, and no other, start ``launcher``."""
    allowed = (
        {"allowed_origins": [f"chrome-extension://{extension_id()}/"]}
        if family is Family.CHROMIUM
        else {"allowed_extensions": [FIREFOX_EXTENSION]}
    )
    content = {
        "name": HOST_NAME,
        "description": DESCRIPTION,
        "path": str(launcher),
        "type": "stdio",
        **allowed,
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def launcher_named_by(content: bytes) -> str | None:
    """Return the program a manifest starts; None where the file is not such a manifest."""
    try:
        parsed = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    path = parsed.get("path") if isinstance(parsed, dict) else None
    return path if isinstance(path, str) else None
