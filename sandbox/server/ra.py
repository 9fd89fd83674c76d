"""The routes of the RA API (``/ra/v1``): thin, from HTTP to the services and back."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.renewals.authorities.ra_protocol import (
    RA_PATH,
    ApplicationStatus,
    DocumentName,
    Policy,
    ProblemCode,
    SmsCode,
)
from sandbox.authority.applications import Applications
from sandbox.authority.licences import Licences
from sandbox.authority.sms import SmsCodes
from sandbox.problems import RefusalError
from sandbox.server.openapi import openapi_json
from sandbox.web import credentials, json_response, read_body

MAX_CMS_BYTES = 256 * 1024
MAX_JSON_BYTES = 4 * 1024


@dataclass(frozen=True)
class Ra:
    """The RA API over its services."""

    policy: Policy
    applications: Applications
    codes: SmsCodes
    licences: Licences
    retry_after: int
    """Seconds until asking for the state again makes sense."""

    def routes(self) -> list[Route]:
        one = f"{RA_PATH}/applications/{{application}}"
        return [
            Route(f"{RA_PATH}/openapi.json", self._openapi, methods=["GET"]),
            Route(f"{RA_PATH}/policy", self._policy, methods=["GET"]),
            Route(one, self._status, methods=["GET"]),
            Route(one, self._apply, methods=["PUT"]),
            Route(one, self._withdraw, methods=["DELETE"]),
            Route(f"{one}/versions/{{version:int}}", self._amend, methods=["PUT"]),
            Route(f"{one}/documents/{{name}}", self._document, methods=["PUT"]),
            Route(f"{one}/complete", self._complete, methods=["POST"]),
            Route(f"{one}/sms", self._send_code, methods=["POST"]),
            Route(f"{one}/sms/verify", self._verify_code, methods=["POST"]),
            Route(f"{one}/installed", self._installed, methods=["POST"]),
            Route(f"{one}/licence", self._licence, methods=["GET"]),
            Route(f"{RA_PATH}/licences/{{uscc}}", self._signed_licence, methods=["POST"]),
        ]

    async def _openapi(self, _request: Request) -> Response:
        return Response(openapi_json(), media_type="application/json")

    async def _policy(self, _request: Request) -> Response:
        return json_response(self.policy)

    async def _status(self, request: Request) -> Response:
        status = await run_in_threadpool(self.applications.status, *_owner(request))
        return _answer(status, headers={"Retry-After": str(self.retry_after)})

    async def _apply(self, request: Request) -> Response:
        owner = _owner(request)
        body = await read_body(request, MAX_CMS_BYTES)
        return _answer(await run_in_threadpool(self.applications.apply, *owner, body))

    async def _withdraw(self, request: Request) -> Response:
        return _answer(await run_in_threadpool(self.applications.withdraw, *_owner(request)))

    async def _amend(self, request: Request) -> Response:
        owner = _owner(request)
        body = await read_body(request, MAX_CMS_BYTES)
        version: int = request.path_params["version"]
        return _answer(await run_in_threadpool(self.applications.amend, *owner, version, body))

    async def _document(self, request: Request) -> Response:
        owner = _owner(request)
        try:
            name = DocumentName(request.path_params["name"])
        except ValueError as error:
            raise RefusalError(ProblemCode.NOT_FOUND, "no document of that name") from error
        content = await read_body(request, self.policy.document_max_bytes)
        return _answer(
            await run_in_threadpool(self.applications.store_document, *owner, name, content)
        )

    async def _complete(self, request: Request) -> Response:
        return _answer(await run_in_threadpool(self.applications.complete, *_owner(request)))

    async def _send_code(self, request: Request) -> Response:
        return _answer(await run_in_threadpool(self.codes.send, *_owner(request)), 202)

    async def _verify_code(self, request: Request) -> Response:
        owner = _owner(request)
        body = await read_body(request, MAX_JSON_BYTES)
        try:
            code = msgspec.json.decode(body, type=SmsCode).code
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RefusalError(ProblemCode.MALFORMED, "the body is not {code}") from error
        return _answer(await run_in_threadpool(self.codes.verify, *owner, code))

    async def _installed(self, request: Request) -> Response:
        return _answer(await run_in_threadpool(self.applications.installed, *_owner(request)))

    async def _licence(self, request: Request) -> Response:
        owner = _owner(request)
        return json_response(await run_in_threadpool(self.licences.of_application, *owner))

    async def _signed_licence(self, request: Request) -> Response:
        uscc: str = request.path_params["uscc"]
        body = await read_body(request, MAX_CMS_BYTES)
        return json_response(await run_in_threadpool(self.licences.of_organisation, uscc, body))


def _owner(request: Request) -> tuple[str, str]:
    """Return application and secret; the user must be the application of the path."""
    application, secret = credentials(request)
    if application != request.path_params["application"]:
        raise RefusalError(ProblemCode.UNAUTHORISED, "the user is not the application asked for")
    return application, secret


def _answer(
    status: ApplicationStatus, http_status: int = 200, *, headers: dict[str, str] | None = None
) -> Response:
    return json_response(status, http_status, headers)
