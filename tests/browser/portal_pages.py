"""A portal that serves a page of the documentation, with a server behind it as the documentation says."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from chromium import PAGE_LIBRARY
from cryptography import x509

from agent.ground.clock import utc_now
from sandbox.portal.challenges import Challenges
from sandbox.portal.verify import Portal

ROOT = Path(__file__).parents[2]


def documented(title: str) -> str:
    """Return the complete page in docs/portals.md that has this title."""
    document = (ROOT / "docs/portals.md").read_text("utf-8")
    pages = re.findall(r"^```html\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    [page] = (page for page in pages if f"<title>{title}</title>" in page)
    return page


@contextlib.contextmanager
def documented_portal(title: str, issuers: tuple[x509.Certificate, ...]) -> Iterator[str]:
    """Serve such a page on a free port of localhost."""
    challenges = Challenges()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_library = self.path == "/odc.js"
            body = (PAGE_LIBRARY / "odc.js").read_text("utf-8") if is_library else documented(title)
            self._answer(body.encode(), "text/javascript" if is_library else "text/html")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            portal = Portal(f"http://localhost:{self.server.server_port}", issuers)
            try:
                answer = self._posted(portal, body)
            except ValueError as error:
                answer = {"refused": str(error)}
            self._answer(json.dumps(answer).encode(), "application/json")

        def _posted(self, portal: Portal, body: bytes) -> dict[str, str]:
            now = utc_now()
            if self.path == "/challenge":
                return {"nonce": challenges.new(now)}
            if self.path == "/login":
                sent = json.loads(body)
                challenges.take(sent["nonce"], now)
                certificate = portal.logged_in(sent["token"], sent["nonce"], now)
            else:
                signature, _, content = body.partition(b"\n")
                certificate = portal.signed(base64.b64decode(signature), content, now)
            [name] = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
            return {"organisation": name.value}

        def _answer(self, body: bytes, content_type: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{content_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()
