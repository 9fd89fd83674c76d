"""EST under the label ``plain``: an ordinary EST server, with nothing of the RA API around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.renewals.authorities.ra_protocol import EST_PATH, SigningKeyType
from sandbox.authority.ca import Authority
from sandbox.authority.est_users import EstUsers, Later
from sandbox.problems import RefusalError
from sandbox.server.est_messages import (
    MAX_REQUEST_BYTES,
    certs_only,
    csr_attributes,
    decode_body,
    pending,
    refused,
)
from sandbox.web import credentials, read_body

PLAIN_EST_PATH = f"{EST_PATH}/plain"


@dataclass(frozen=True)
class PlainEst:
    """The EST service for registered users."""

    authority: Authority
    users: EstUsers
    key_types: tuple[SigningKeyType, ...]

    def routes(self, path: str = PLAIN_EST_PATH) -> list[Route]:
        """Return the routes under ``path``: the label's, or EST's own where there is nothing else."""
        return [
            Route(f"{path}/cacerts", self._cacerts, methods=["GET"]),
            Route(f"{path}/csrattrs", self._csrattrs, methods=["GET"]),
            Route(f"{path}/simpleenroll", self._simpleenroll, methods=["POST"]),
            Route(f"{path}/simplereenroll", self._simplereenroll, methods=["POST"]),
        ]

    async def _cacerts(self, _request: Request) -> Response:
        return certs_only(*self.authority.certificates)

    async def _csrattrs(self, _request: Request) -> Response:
        return csr_attributes(self.key_types)

    async def _simpleenroll(self, request: Request) -> Response:
        return await _answer(request, self.users.enrol)

    async def _simplereenroll(self, request: Request) -> Response:
        return await _answer(request, self.users.reenrol)


async def _answer(
    request: Request, call: Callable[[str, str, bytes], x509.Certificate | Later]
) -> Response:
    try:
        user, password = credentials(request)
        csr_der = decode_body(await read_body(request, MAX_REQUEST_BYTES))
        issued = await run_in_threadpool(call, user, password, csr_der)
    except RefusalError as refusal:
        return refused(refusal)
    return pending(issued.seconds) if isinstance(issued, Later) else certs_only(issued)
