"""The HTTP pieces the EST and RA routes share: credentials, capped bodies, answers."""

from __future__ import annotations

import base64
import binascii

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from agent.renewals.authorities.ra_protocol import Problem, ProblemCode
from sandbox.problems import RefusalError

_DRAIN_BYTES = 8 * 1024 * 1024


def credentials(request: Request) -> tuple[str, str]:
    """Return application and secret from HTTP Basic (RFC 7617).

    Raises:
        RefusalError: UNAUTHORISED where they are missing or cannot be read.
    """
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RefusalError(ProblemCode.UNAUTHORISED, "unreadable credentials") from error
    if scheme.lower() != "basic" or not (user and colon and password):
        raise RefusalError(ProblemCode.UNAUTHORISED, "HTTP Basic: application and its secret")
    return user, password


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body, at most ``limit`` bytes of it being kept in memory.

    Raises:
        RefusalError: TOO_LARGE.
    """
    body = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= limit:
            body += chunk
        elif received > limit + _DRAIN_BYTES:
            break
    if received > limit:
        # Read to its end within reason first: a client cut off while sending sees a broken
        # connection instead of this answer.
        raise RefusalError(ProblemCode.TOO_LARGE, f"at most {limit} bytes")
    return bytes(body)


def json_response(
    content: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return ``content`` as JSON that nobody caches."""
    return Response(
        msgspec.json.encode(content),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return ``problem`` as RFC 9457 has it."""
    return Response(
        msgspec.json.encode(problem),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


def refusal_response(refusal: RefusalError) -> Response:
    """Return a refusal as a problem document."""
    return problem_response(refusal.problem, refusal.headers)
