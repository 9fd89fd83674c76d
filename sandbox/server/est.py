"""EST for applications: ``cacerts``, ``csrattrs``, ``simpleenroll`` and ``serverkeygen``.

HTTP Basic: the user is the application, the password its secret.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.renewals.authorities.ra_protocol import EST_PATH
from sandbox.authority.ca import Authority
from sandbox.authority.enrolment import Enrolment
from sandbox.authority.key_centre import KeyCentre
from sandbox.authority.rules.behaviour import Rules
from sandbox.problems import RefusalError
from sandbox.server.est_messages import (
    MAX_REQUEST_BYTES,
    certs_only,
    csr_attributes,
    decode_body,
    pending,
    refused,
    server_key,
)
from sandbox.web import credentials, read_body


@dataclass(frozen=True)
class Est:
    """The EST service."""

    authority: Authority
    enrolment: Enrolment
    key_centre: KeyCentre
    rules: Rules

    def routes(self) -> list[Route]:
        return [
            Route(f"{EST_PATH}/cacerts", self._cacerts, methods=["GET"]),
            Route(f"{EST_PATH}/csrattrs", self._csrattrs, methods=["GET"]),
            Route(f"{EST_PATH}/simpleenroll", self._simpleenroll, methods=["POST"]),
            Route(f"{EST_PATH}/serverkeygen", self._serverkeygen, methods=["POST"]),
        ]

    async def _cacerts(self, _request: Request) -> Response:
        return certs_only(*self.authority.certificates)

    async def _csrattrs(self, _request: Request) -> Response:
        return csr_attributes(self.rules.policy.new_key_types)

    async def _simpleenroll(self, request: Request) -> Response:
        try:
            asked = await _asked(request)
            certificate = await run_in_threadpool(self.enrolment.enrol, *asked)
        except RefusalError as refusal:
            return refused(refusal)
        return certs_only(certificate) if certificate else pending(self.rules.retry_after)

    async def _serverkeygen(self, request: Request) -> Response:
        try:
            asked = await _asked(request)
            made = await run_in_threadpool(self.key_centre.generate, *asked)
        except RefusalError as refusal:
            return refused(refusal)
        # The RFC has no 202 here; servers send it all the same, since there is nothing better.
        if made is None:
            return pending(self.rules.retry_after)
        return server_key(made.envelope, made.media_type, made.certificate)


async def _asked(request: Request) -> tuple[str, str, bytes]:
    """Return application, secret and the DER of the request it posts."""
    application, secret = credentials(request)
    return application, secret, decode_body(await read_body(request, MAX_REQUEST_BYTES))
