"""Examples for administrators: files by which browsers offer the extension, or install it for everybody.

None takes effect where it lies; whoever copies one to its place has decided so. The ids are those of
``native_host/identity.py``: the store's where it has given one, else that of our own builds, with which a
store has nothing to offer yet.
"""

from __future__ import annotations

import json

from native_host.identity import FIREFOX_ID, STORE_IDS, extension_id

CHROME_STORE = "https://clients2.google.com/service/update2/crx"
FIREFOX_STORE = f"https://addons.mozilla.org/firefox/downloads/latest/{FIREFOX_ID}/latest.xpi"
MODE = "normal_installed"
"""Installed for everybody, and everybody may switch it off; ``force_installed`` would not let them."""
README = """\
Nothing in this folder takes effect here. Copy what you want to its place.

external-extensions/ID.json  Google Chrome asks each user whether to enable the extension.
                             To: /usr/share/google-chrome/extensions/
                             Not for Debian's Chromium, which takes every file in its folder for an
                             unpacked extension; there a link does it:
                             ln -s /usr/share/odc-agent/extension/chromium \\
                                 /usr/share/chromium/extensions/odc-agent
policies/chromium.json       Installs the extension for everybody; users may switch it off.
                             To: /etc/opt/chrome/policies/managed/ or /etc/chromium/policies/managed/
policies/firefox.json        The same for Firefox.
                             To: /etc/firefox/policies/policies.json

With installation_mode "force_installed" users cannot switch it off.
The extension comes from its store. As long as it is in none, these files have nothing to offer.
"""


def examples() -> dict[str, bytes]:
    """Return the files by their paths."""
    chromium_id = next(iter(STORE_IDS), extension_id())
    chromium = {chromium_id: {"installation_mode": MODE, "update_url": CHROME_STORE}}
    firefox = {FIREFOX_ID: {"installation_mode": MODE, "install_url": FIREFOX_STORE}}
    return {
        "README": README.encode(),
        f"external-extensions/{chromium_id}.json": _json({"external_update_url": CHROME_STORE}),
        "policies/chromium.json": _json({"ExtensionSettings": chromium}),
        "policies/firefox.json": _json({"policies": {"ExtensionSettings": firefox}}),
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
