"""A page that logs in with web-eid.js as its makers built it, and with ours in its place."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

NONCE = "A" * 43 + "="
PAGE = """<!doctype html><meta charset="utf-8"><title>Web eID</title>
<script src="/web-eid.js"></script>
<script type="module">
  import * as ours from "/odc-webeid.js";
  window.libraries = { theirs: window.webeid, ours };
</script>"""
READY = "window.libraries !== undefined"
AUTHENTICATE = f"libraries.{{}}.authenticate('{NONCE}')"
HASH = "A" * 43 + "="
SIGN = f"""libraries.{{0}}.getSigningCertificate().then(async ({{{{ certificate }}}}) => (
  {{{{ certificate, ...(await libraries.{{0}}.sign(certificate, '{HASH}', 'SHA-256')) }}}}))"""


def pages() -> dict[str, str]:
    """Return what a portal serves: the page, and the script out of the package it comes in."""
    found = find_spec("esteid")  # nothing of it is imported
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0])
    script = (folder / "static/esteid-helper/web-eid.js").read_text("utf-8")
    return {"/": PAGE, "/web-eid.js": script}
