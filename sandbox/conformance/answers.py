"""Reading answers: what is not as the protocol has it is a sentence that says what was expected."""

from __future__ import annotations

import base64
import binascii

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from agent.renewals.authorities.ra_protocol import ApplicationStatus, Problem, ProblemCode
from sandbox.conformance.run import WrongAnswerError

CMS = "application/pkcs7-mime"
PROBLEM = "application/problem+json"


def expect(answer: httpx.Response, *statuses: int) -> httpx.Response:
    """Check the HTTP status."""
    if answer.status_code not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise WrongAnswerError(f"HTTP {answer.status_code}, not {wanted}: {answer.text[:120]}")
    return answer


def certificates(answer: httpx.Response) -> list[x509.Certificate]:
    """Return the certificates of a certs-only answer (RFC 7030, 4.1.3; RFC 8951, 3)."""
    _expect_type(answer, CMS)
    try:
        content = base64.b64decode(b"".join(answer.content.split()), validate=True)
    except binascii.Error as error:
        raise WrongAnswerError(f"the body is not base64: {error}") from error
    try:
        return pkcs7.load_der_pkcs7_certificates(content)
    except ValueError as error:
        raise WrongAnswerError(f"the body is no certs-only CMS: {error}") from error


def status_of(answer: httpx.Response) -> ApplicationStatus:
    """Return what a call tells of the application."""
    if not answer.is_success:
        raise WrongAnswerError(f"HTTP {answer.status_code}, not 200: {answer.text[:120]}")
    return msgspec.json.decode(answer.content, type=ApplicationStatus)


def refused(answer: httpx.Response, code: ProblemCode | None = None) -> str:
    """Check that a call was refused by a problem document (RFC 9457), and with this code."""
    if not answer.is_client_error:
        raise WrongAnswerError(f"HTTP {answer.status_code}, not refused by 4xx")
    _expect_type(answer, PROBLEM)
    problem = msgspec.json.decode(answer.content, type=Problem)
    if code is not None and problem.code != code:
        raise WrongAnswerError(f"code {problem.code or 'missing'}, not {code}")
    return f"HTTP {answer.status_code} {problem.code}"


def _expect_type(answer: httpx.Response, media_type: str) -> None:
    found = answer.headers.get("Content-Type", "")
    if found.partition(";")[0].strip() != media_type:
        raise WrongAnswerError(f"Content-Type {found or 'missing'}, not {media_type}")
