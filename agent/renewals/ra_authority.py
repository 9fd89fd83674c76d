"""An authority with profile ``ra``: EST for enrolment, the RA API beside it, over httpx."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from agent import __version__
from agent.config import AuthoritySettings
from agent.errors import OdcError
from agent.renewals.authority import (
    AuthorityRefusedError,
    AuthorityUnreachableError,
    Credentials,
    Pending,
    Polled,
    SmsCodeWrongError,
    SmsTooSoonError,
)
from agent.renewals.est_messages import (
    EstBodyError,
    ServerKey,
    decode_certificates,
    decode_server_key,
    encode_body,
)
from agent.renewals.protocol import (
    EST_PATH,
    RA_PATH,
    ApplicationStatus,
    DocumentName,
    Policy,
    Problem,
    ProblemCode,
    SmsCode,
)

T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
CALL_SECONDS = 180.0
DEFAULT_RETRY_SECONDS = 60.0
MIN_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 24 * 3600.0
MAX_ANSWER_BYTES = 1024 * 1024
_SERVER_TROUBLE = frozenset({408, 425, 429})


class RaAuthority:
    """See :class:`agent.renewals.authority.Authority`."""

    def __init__(self, settings: AuthoritySettings) -> None:
        self._url = settings.url.rstrip("/")
        # Only the authority's own root: a public CA's certificate for that name does not do.
        tls = ssl.create_default_context(cafile=settings.trust_anchor)
        self._http = httpx.AsyncClient(
            base_url=self._url,
            verify=tls,
            timeout=TIMEOUT_SECONDS,
            headers={"User-Agent": f"odc-agent/{__version__}"},
            follow_redirects=False,  # the password is for this host alone
        )

    @property
    def url(self) -> str:
        """Base URL; a manifest's audience."""
        return self._url

    async def policy(self) -> Policy:
        """``GET /ra/v1/policy``."""
        return _json(await self._ask("GET", f"{RA_PATH}/policy"), Policy)

    async def submit(
        self, credentials: Credentials, version: int, manifest: bytes
    ) -> ApplicationStatus:
        """``PUT …/{uuid}`` for version 1, ``PUT …/{uuid}/versions/{n}`` after it."""
        path = _application(credentials) + ("" if version == 1 else f"/versions/{version}")
        answer = await self._ask(
            "PUT", path, credentials, content=manifest, media_type="application/pkcs7-mime"
        )
        return _json(answer, ApplicationStatus)

    async def upload(
        self, credentials: Credentials, name: DocumentName, content: bytes, media_type: str
    ) -> None:
        """``PUT …/{uuid}/documents/{name}``."""
        path = f"{_application(credentials)}/documents/{name.value}"
        await self._ask("PUT", path, credentials, content=content, media_type=media_type)

    async def complete(self, credentials: Credentials) -> ApplicationStatus:
        """``POST …/{uuid}/complete``."""
        answer = await self._ask("POST", f"{_application(credentials)}/complete", credentials)
        return _json(answer, ApplicationStatus)

    async def poll(self, credentials: Credentials) -> Polled:
        """``GET …/{uuid}``."""
        answer = await self._ask("GET", _application(credentials), credentials)
        return Polled(_json(answer, ApplicationStatus), _pause(answer))

    async def send_sms(self, credentials: Credentials) -> None:
        """``POST …/{uuid}/sms``."""
        await self._ask(
            "POST", f"{_application(credentials)}/sms", credentials, refusal=_sms_refusal
        )

    async def verify_sms(self, credentials: Credentials, code: str) -> ApplicationStatus:
        """``POST …/{uuid}/sms/verify``."""
        answer = await self._ask(
            "POST",
            f"{_application(credentials)}/sms/verify",
            credentials,
            content=msgspec.json.encode(SmsCode(code=code)),
            refusal=_sms_refusal,
        )
        return _json(answer, ApplicationStatus)

    async def enrol(self, credentials: Credentials, request: bytes) -> bytes:
        """``POST /.well-known/est/simpleenroll`` (RFC 7030, 4.2)."""
        answer = await self._ask(
            "POST",
            f"{EST_PATH}/simpleenroll",
            credentials,
            content=encode_body(request),
            media_type="application/pkcs10",
        )
        if answer.status_code == httpx.codes.ACCEPTED:
            raise Pending(_pause(answer))
        try:
            certificates = decode_certificates(answer.content)
        except EstBodyError as error:
            raise AuthorityUnreachableError(reason=str(error)) from error
        return certificates[0].public_bytes(Encoding.DER)

    async def server_key(self, credentials: Credentials, request: bytes) -> ServerKey:
        """``POST /.well-known/est/serverkeygen`` (RFC 7030, 4.4)."""
        answer = await self._ask(
            "POST",
            f"{EST_PATH}/serverkeygen",
            credentials,
            content=encode_body(request),
            media_type="application/pkcs10",
        )
        if answer.status_code == httpx.codes.ACCEPTED:
            raise Pending(_pause(answer))
        try:
            return decode_server_key(answer.headers.get("Content-Type", ""), answer.content)
        except EstBodyError as error:
            raise AuthorityUnreachableError(reason=str(error)) from error

    async def confirm_installed(self, credentials: Credentials) -> None:
        """``POST …/{uuid}/installed``."""
        await self._ask("POST", f"{_application(credentials)}/installed", credentials)

    async def withdraw(self, credentials: Credentials) -> None:
        """``DELETE …/{uuid}``."""
        await self._ask("DELETE", _application(credentials), credentials)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        credentials: Credentials | None = None,
        *,
        content: bytes | None = None,
        media_type: str = "application/json",
        refusal: Callable[[httpx.Response, Problem], OdcError | None] | None = None,
    ) -> httpx.Response:
        auth = httpx.BasicAuth(credentials.application, credentials.secret) if credentials else None
        headers = {"Content-Type": media_type} if content is not None else {}
        try:
            # httpx limits each read; a server that drips would hold the call for ever.
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._http.request(
                    method, path, content=content, headers=headers, auth=auth
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise AuthorityUnreachableError(reason=_reason(error)) from error
        if answer.is_success:
            return answer
        problem = _problem(answer)
        special = refusal(answer, problem) if refusal is not None else None
        if special is not None:
            raise special
        if answer.is_server_error or answer.status_code in _SERVER_TROUBLE:
            raise AuthorityUnreachableError(
                reason=f"HTTP {answer.status_code}", retry_after=_retry_after(answer)
            )
        raise AuthorityRefusedError(
            reason=problem.detail or problem.title or f"HTTP {answer.status_code}",
            problem=problem.code,
        )


def _application(credentials: Credentials) -> str:
    return f"{RA_PATH}/applications/{credentials.application}"


def _json(answer: httpx.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # A proxy's page, or a broken server: nothing was lost, it is asked again.
        raise AuthorityUnreachableError(reason=f"unreadable answer: {error}") from error


def _problem(answer: httpx.Response) -> Problem:
    """Read an error body: a problem document, EST's plain text, or nothing at all."""
    if "json" in answer.headers.get("Content-Type", ""):
        try:
            return msgspec.json.decode(answer.content, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    text = answer.text.strip()[:300] if len(answer.content) <= MAX_ANSWER_BYTES else ""
    return Problem(title=text, status=answer.status_code)


def _sms_refusal(answer: httpx.Response, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.WRONG_CODE:
        return SmsCodeWrongError(attempts_left=problem.attempts_left)
    if problem.code == ProblemCode.TOO_SOON:
        return SmsTooSoonError(seconds=round(_pause(answer)))
    return None


def _retry_after(answer: httpx.Response) -> float | None:
    """Return Retry-After in seconds, within a day; dates (RFC 9110, 10.2.3) are not used by EST."""
    value = answer.headers.get("Retry-After", "")
    if not value.isdecimal():
        return None
    return max(MIN_RETRY_SECONDS, min(float(value), MAX_RETRY_SECONDS))


def _pause(answer: httpx.Response) -> float:
    """Return how many seconds to wait before asking again."""
    asked = _retry_after(answer)
    return DEFAULT_RETRY_SECONDS if asked is None else asked


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
