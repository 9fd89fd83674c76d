"""EST (RFC 7030 with RFC 8951): ``cacerts`` and ``simpleenroll``, by HTTP Basic.

Sends base64 in one long line, since one widely used client reads nothing else, and accepts it in
any shape met in the wild. Errors are text/plain, as the RFC has them.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.renewals.protocol import EST_PATH, ProblemCode
from sandbox.ca import Authority
from sandbox.enrolment import Enrolment
from sandbox.problems import RefusalError
from sandbox.web import credentials, read_body

MAX_REQUEST_BYTES = 64 * 1024
_ARMOUR = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]+-----")


class Est:
    """The EST service."""

    def __init__(self, authority: Authority, enrolment: Enrolment, retry_after: int) -> None:
        self._authority = authority
        self._enrolment = enrolment
        self._retry_after = retry_after

    def routes(self) -> list[Route]:
        return [
            Route(f"{EST_PATH}/cacerts", self._cacerts, methods=["GET"]),
            Route(f"{EST_PATH}/simpleenroll", self._simpleenroll, methods=["POST"]),
        ]

    async def _cacerts(self, _request: Request) -> Response:
        return _certs_only(self._authority.certificate)

    async def _simpleenroll(self, request: Request) -> Response:
        try:
            application, secret = credentials(request)
            csr_der = decode_body(await read_body(request, MAX_REQUEST_BYTES))
            certificate = await run_in_threadpool(
                self._enrolment.enrol, application, secret, csr_der
            )
        except RefusalError as refusal:
            return _refused(refusal)
        if certificate is None:
            return PlainTextResponse(
                "pending\n", 202, headers={"Retry-After": str(self._retry_after)}
            )
        return _certs_only(certificate)


def decode_body(body: bytes) -> bytes:
    """Return the DER in a base64 body: wrapped or not, with blanks, a final NUL or PEM armour.

    Content-Transfer-Encoding is ignored (RFC 8951, 2.1).

    Raises:
        RefusalError: MALFORMED.
    """
    text = b"".join(_ARMOUR.sub(b"", body.replace(b"\0", b"")).split())
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise RefusalError(ProblemCode.MALFORMED, "the body is not base64") from error


def _certs_only(certificate: x509.Certificate) -> Response:
    der = pkcs7.serialize_certificates([certificate], Encoding.DER)
    return Response(
        base64.b64encode(der),
        headers={"Content-Transfer-Encoding": "base64", "Cache-Control": "no-store"},
        media_type="application/pkcs7-mime; smime-type=certs-only",
    )


def _refused(refusal: RefusalError) -> Response:
    status = refusal.problem.status
    if refusal.code is ProblemCode.NOT_FOUND:
        # EST knows users, not applications: 404 would say that the service is not here.
        refusal = RefusalError(ProblemCode.UNAUTHORISED, refusal.problem.detail)
        status = refusal.problem.status
    elif refusal.code is ProblemCode.WRONG_STATE:
        status = 403
    return PlainTextResponse(f"{refusal}\n", status, headers=refusal.headers)
