"""The two web applications: the authority over TLS, and the demo portal over plain http."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from agent.renewals.authorities.ra_protocol import EST_PATH, Problem, ProblemCode
from sandbox.authority.applications import Applications
from sandbox.authority.ca import Authority
from sandbox.authority.cmp_users import CmpUsers
from sandbox.authority.enrolment import Enrolment
from sandbox.authority.est_users import EstUsers
from sandbox.authority.key_centre import KeyCentre
from sandbox.authority.ledger import Ledger
from sandbox.authority.licences import Licences
from sandbox.authority.rules.key_package import Signer
from sandbox.authority.sms import Outbox, SmsCodes
from sandbox.problems import RefusalError
from sandbox.server.cmp import Cmp
from sandbox.server.est import Est
from sandbox.server.plain_est import PlainEst
from sandbox.server.portal_login import PortalLogin
from sandbox.server.ra import Ra
from sandbox.web import problem_response, refusal_response

PORTAL_FOLDER = Path(__file__).parents[1] / "portal"
PAGE_LIBRARY_FOLDER = Path(__file__).parents[2] / "browser_ext" / "page"

_CONTENT_SECURITY_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'"


def authority_app(
    ledger: Ledger, authority: Authority, signer: Signer, outbox: Outbox
) -> Starlette:
    """Return the authority: EST and the RA API, or EST alone; CMP beside them."""
    rules = ledger.rules
    plain_est = PlainEst(authority, EstUsers(ledger, authority), rules.policy.new_key_types)
    routes = plain_est.routes()
    if rules.est_only:
        # Some clients know no labels (strongSwan 5.9 loses one while it polls).
        routes += plain_est.routes(EST_PATH)
    else:
        enrolment, key_centre = Enrolment(ledger, authority), KeyCentre(ledger, authority, signer)
        routes += Est(authority, enrolment, key_centre, rules).routes()
        routes += _ra(ledger, outbox).routes()
    if rules.cmp:
        routes += Cmp(CmpUsers(ledger, authority), authority).routes()
    return Starlette(
        routes=routes,
        exception_handlers={
            RefusalError: _refusal,
            HTTPException: _http_error,
            Exception: _internal_error,
        },
    )


def portal_app(authority: Authority) -> Starlette:
    """Return the demo portal, its page and the page library from one folder as a portal has them."""
    return Starlette(
        routes=[
            Route("/", _to_portal),
            *PortalLogin((authority.certificate,)).routes(),
            Mount("/portal", _PortalFiles(directory=PORTAL_FOLDER, html=True)),
        ]
    )


def _ra(ledger: Ledger, outbox: Outbox) -> Ra:
    return Ra(
        ledger.rules.policy,
        Applications(ledger),
        SmsCodes(ledger, outbox),
        Licences(ledger),
        ledger.rules.retry_after,
    )


class _PortalFiles(StaticFiles):
    """The portal's own files, and under the same path those of ``browser_ext/page``."""

    def get_directories(
        self,
        directory: PathLike | None = None,
        packages: list[str | tuple[str, str]] | None = None,
    ) -> list[PathLike]:
        return [*super().get_directories(directory, packages), PAGE_LIBRARY_FOLDER]

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
        return response


async def _to_portal(_request: Request) -> Response:
    return RedirectResponse("/portal/")


async def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return refusal_response(error)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = ProblemCode.NOT_FOUND if error.status_code == 404 else ""
    problem = Problem(title=error.detail, status=error.status_code, code=code)
    return problem_response(problem, dict(error.headers or {}))


async def _internal_error(_request: Request, _error: Exception) -> Response:
    # The traceback goes to the server's own log, never to the client.
    return problem_response(Problem(title="The sandbox failed", status=500))
