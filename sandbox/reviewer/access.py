"""Who may see the reviewer's page: whoever knows the token printed when the sandbox started.

A cookie on localhost goes to every port there, and pages of other ports count as the same site: so
what changes something must come from this very origin, which every browser says in ``Origin``.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

_COOKIE = "odc-sandbox-review"


@dataclass(frozen=True)
class Access:
    """The token, and the session it opens; both end with the process."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def opens(self, token: str) -> bool:
        """Say whether ``token`` is the one that was printed."""
        return hmac.compare_digest(token.strip().encode(), self.token.encode())

    def is_signed_in(self, request: Request) -> bool:
        given = request.cookies.get(_COOKIE, "")
        return hmac.compare_digest(given.encode(), self.session.encode())

    def sign_in(self, response: Response) -> None:
        response.set_cookie(_COOKIE, self.session, httponly=True, samesite="strict")

    @staticmethod
    def sign_out(response: Response) -> None:
        response.delete_cookie(_COOKIE, httponly=True, samesite="strict")


def is_own_host(request: Request) -> bool:
    """Say whether the browser asked for this machine by name: DNS rebinding would not."""
    name = request.headers.get("host", "").rpartition(":")[0]
    return name in {"localhost", "127.0.0.1"}


def is_own_origin(request: Request) -> bool:
    """Say whether a form was sent from a page of this very server."""
    return request.headers.get("origin") == f"http://{request.headers.get('host')}"
