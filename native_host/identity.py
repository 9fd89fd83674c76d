"""The extension's identity, in one place: manifests, builds and documents follow from here.

The Chromium family knows an extension by a key, from which its id follows; a store that gives the
extension another key gives it another id, which is then listed here too. Firefox knows it by a name.
"""

from __future__ import annotations

import base64
import hashlib

HOST_NAME = "org.odc.agent"
"""The native messaging host; also in ``browser_ext/extension/native.js``."""

CHROMIUM_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvKUfAIZEzvK1FJ/B43H9LpaQ1Qao3lIVzDmjGs7n"
    "DzEIpKjikJDS/Ri8hwtsEOxC31glYCU21U+4PzVlW1NyvPCaCNDiio887DXVVYUt957nUaGreqo0lnhR/XBm"
    "/5RmREvFHvI4t4LdnmQ99hHtaE6Y41MfsY0mwe1hTMwFfNEY+ibxklcZILPAAkMCczSnfpqW7rYFnjLWev/2"
    "yw4EhQe7IYhbD1iukvtpHocZvBcDUvkvDa9mnPt9PUYb/ZpV4E8y4Ywo31cXbjvdn7AFq1txdqE2aO/KX9Dv"
    "usAkha8i4gZP2tK4sUBOg5anHrh1gGQ6BBSNq2IAvT9thijEMwIDAQAB"
)
"""The public key in builds for Chromium (``key`` of the manifest); it fixes the extension's id."""
STORE_IDS: tuple[str, ...] = ()
"""Ids that stores gave the extension, which sign with keys of their own."""
FIREFOX_ID = "odc-agent@odc.example"
"""The add-on's id; the AMO signature is for it."""


def extension_id(key: str = CHROMIUM_KEY) -> str:
    """Return the id Chromium derives from a manifest's key: 128 bits of SHA-256, in a to p."""
    digest = hashlib.sha256(base64.b64decode(key)).hexdigest()[:32]
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def chromium_origins() -> list[str]:
    """Return the origins of the extension in the Chromium family: our builds', then the stores'."""
    return [f"chrome-extension://{known}/" for known in (extension_id(), *STORE_IDS)]
