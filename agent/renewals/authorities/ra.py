"""An authority with profile ``ra``: EST for enrolment, the RA API beside it, over httpx."""

from __future__ import annotations

import datetime as dt

import httpx
import msgspec

from agent.ground.errors import OdcError
from agent.renewals.authorities.authority import (
    Credentials,
    LicenceNotOfferedError,
    LicenceRequestStaleError,
    Polled,
    SmsCodeUsedUpError,
    SmsCodeWrongError,
    SmsNoMoreError,
    SmsTooSoonError,
)
from agent.renewals.authorities.enrolment import Application, Prepared, Signer
from agent.renewals.authorities.est_enrolment import EstEnrolment
from agent.renewals.authorities.http import json_of, pause_of, read_json
from agent.renewals.authorities.manifest import make_manifest
from agent.renewals.authorities.policy_reading import decode_policy
from agent.renewals.authorities.ra_protocol import (
    RA_PATH,
    ApplicationStatus,
    DocumentName,
    Licence,
    Policy,
    Problem,
    ProblemCode,
    SmsCode,
)
from agent.renewals.authorities.signed_messages import manifest_type


class RaAuthority(EstEnrolment):
    """Both halves: an Enrolment by EST, and a Dossier by the RA API."""

    async def policy(self) -> Policy:
        """``GET /ra/v1/policy``."""
        answer = await self._ask("GET", f"{RA_PATH}/policy")
        return read_json(answer, decode_policy)

    async def prepare(self, application: Application, signer: Signer, now: dt.datetime) -> Prepared:
        """A request by the new key, and a manifest by the old one that binds it to all the rest."""
        request = await signer.request()
        manifest = make_manifest(self.url, application, request, now)
        form = manifest_type(application.policy.message_version)
        message = await signer.message(msgspec.json.encode(manifest), form)
        return Prepared(request=request, manifest=message)

    async def submit(
        self, credentials: Credentials, version: int, manifest: bytes
    ) -> ApplicationStatus:
        """``PUT …/{uuid}`` for version 1, ``PUT …/{uuid}/versions/{n}`` after it."""
        path = _application(credentials) + ("" if version == 1 else f"/versions/{version}")
        answer = await self._ask(
            "PUT", path, credentials, content=manifest, media_type="application/pkcs7-mime"
        )
        return json_of(answer, ApplicationStatus)

    async def upload(
        self, credentials: Credentials, name: DocumentName, content: bytes, media_type: str
    ) -> None:
        """``PUT …/{uuid}/documents/{name}``."""
        path = f"{_application(credentials)}/documents/{name.value}"
        answer = await self._ask("PUT", path, credentials, content=content, media_type=media_type)
        json_of(answer, ApplicationStatus)  # a proxy's page says nothing of having taken it

    async def complete(self, credentials: Credentials) -> ApplicationStatus:
        """``POST …/{uuid}/complete``."""
        answer = await self._ask("POST", f"{_application(credentials)}/complete", credentials)
        return json_of(answer, ApplicationStatus)

    async def poll(self, credentials: Credentials) -> Polled:
        """``GET …/{uuid}``."""
        answer = await self._ask("GET", _application(credentials), credentials)
        return Polled(json_of(answer, ApplicationStatus), pause_of(answer))

    async def send_sms(self, credentials: Credentials) -> None:
        """``POST …/{uuid}/sms``."""
        answer = await self._ask(
            "POST", f"{_application(credentials)}/sms", credentials, refusal=_send_refusal
        )
        json_of(answer, ApplicationStatus)

    async def verify_sms(self, credentials: Credentials, code: str) -> ApplicationStatus:
        """``POST …/{uuid}/sms/verify``."""
        answer = await self._ask(
            "POST",
            f"{_application(credentials)}/sms/verify",
            credentials,
            content=msgspec.json.encode(SmsCode(code=code)),
            refusal=_code_refusal,
        )
        return json_of(answer, ApplicationStatus)

    async def confirm_installed(self, credentials: Credentials) -> None:
        """``POST …/{uuid}/installed``."""
        answer = await self._ask("POST", f"{_application(credentials)}/installed", credentials)
        json_of(answer, ApplicationStatus)

    async def withdraw(self, credentials: Credentials) -> None:
        """``DELETE …/{uuid}``."""
        answer = await self._ask("DELETE", _application(credentials), credentials)
        json_of(answer, ApplicationStatus)

    async def licence(self, credentials: Credentials) -> Licence:
        """``GET …/{uuid}/licence``."""
        answer = await self._ask(
            "GET", f"{_application(credentials)}/licence", credentials, refusal=_licence_refusal
        )
        return json_of(answer, Licence)

    async def signed_licence(self, uscc: str, request: bytes) -> Licence:
        """``POST /ra/v1/licences/{uscc}``."""
        answer = await self._ask(
            "POST",
            f"{RA_PATH}/licences/{uscc}",
            content=request,
            media_type="application/pkcs7-mime",
            refusal=_licence_refusal,
        )
        return json_of(answer, Licence)


def _application(credentials: Credentials) -> str:
    return f"{RA_PATH}/applications/{credentials.application}"


def _send_refusal(answer: httpx.Response, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.TOO_SOON:
        return SmsTooSoonError(seconds=round(pause_of(answer)))
    return SmsNoMoreError() if problem.code == ProblemCode.TOO_MANY_ATTEMPTS else None


def _code_refusal(_answer: httpx.Response, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.WRONG_CODE:
        return SmsCodeWrongError(attempts_left=problem.attempts_left)
    return SmsCodeUsedUpError() if problem.code == ProblemCode.TOO_MANY_ATTEMPTS else None


def _licence_refusal(_answer: httpx.Response, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.NOT_OFFERED:
        return LicenceNotOfferedError()
    if problem.code == ProblemCode.STALE_REQUEST:
        return LicenceRequestStaleError()
    return None
