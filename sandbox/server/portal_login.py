"""The demo portal's own server: a challenge, and who answers it with a token."""

from __future__ import annotations

import json

from cryptography import x509
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.ground.clock import utc_now
from sandbox.portal.verify import Challenges, LoginRefusedError, verify

MOST_BYTES = 64 << 10


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
            # The portal knows its own address; a real one has it in its configuration.
            port = request.scope["server"][1]
            certificate = verify(
                token, origin=f"http://localhost:{port}", nonce=nonce, issuers=self._issuers,
                now=utc_now(),
            )  # fmt: skip
        except (LoginRefusedError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"refused": str(error)}, status_code=403)
        organisation = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        return JSONResponse({"organisation": organisation[0].value if organisation else ""})
