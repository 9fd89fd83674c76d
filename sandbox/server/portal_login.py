"""The demo portal's own server: a challenge, who answers it with a token, and who signed what."""

from __future__ import annotations

import base64
import json

from cryptography import x509
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.ground.clock import utc_now
from sandbox.portal.challenges import Challenges
from sandbox.portal.verify import Portal

MOST_BYTES = 64 << 10
MOST_SIGNED_BYTES = 48 << 20
"""A document and its signature in base64."""


class PortalLogin:
    """Sessions are left out: whoever logs in is greeted, and that is all."""

    def __init__(self, issuers: tuple[x509.Certificate, ...]) -> None:
        self._issuers = issuers
        self._challenges = Challenges()

    def routes(self) -> list[Route]:
        """Return what the page asks for."""
        return [
            Route("/portal/challenge", self.challenge, methods=["POST"]),
            Route("/portal/login", self.login, methods=["POST"]),
            Route("/portal/signed", self.signed, methods=["POST"]),
        ]

    async def challenge(self, _request: Request) -> Response:
        """Give out a challenge."""
        return JSONResponse({"nonce": self._challenges.new(utc_now())})

    async def login(self, request: Request) -> Response:
        """Log somebody in, or say why not."""
        try:
            sent = json.loads((await request.body())[:MOST_BYTES])
            nonce, token = str(sent["nonce"]), sent["token"]
            self._challenges.take(nonce, utc_now())
            certificate = self._portal(request).logged_in(token, nonce, utc_now())
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"refused": str(error)}, status_code=403)
        return _told(certificate)

    async def signed(self, request: Request) -> Response:
        """Say who signed a document, or why the signature does not count."""
        try:
            sent = json.loads((await request.body())[:MOST_SIGNED_BYTES])
            signature, content = (base64.b64decode(sent[name]) for name in ("signature", "content"))
            certificate = self._portal(request).signed(signature, content, utc_now())
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"refused": str(error)}, status_code=403)
        return _told(certificate)

    def _portal(self, request: Request) -> Portal:
        """It knows its own address; a real one has its origin in its configuration."""
        return Portal(f"http://localhost:{request.scope['server'][1]}", self._issuers)


def _told(certificate: x509.Certificate) -> Response:
    organisation = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return JSONResponse({"organisation": organisation[0].value if organisation else ""})
