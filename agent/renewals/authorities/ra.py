"""An authority with profile ``ra``: EST for enrolment, the RA API beside it."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.ground.errors import OdcError
from agent.network.reader import Answer
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
from agent.renewals.authorities.http import Refusal, json_of, pause_of, read_json
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

POLICY_BYTES = 64 * 1024
STATUS_BYTES = 256 * 1024
"""With a hundred remarks."""
LICENCE_BYTES = 2 * 1024 * 1024
"""With a picture of it."""


class RaAuthority(EstEnrolment):
    """Both halves: an Enrolment by EST, and a Dossier by the RA API."""

    async def policy(self) -> Policy:
        """``GET /ra/v1/policy``."""
        answer = await self._ask("GET", f"{RA_PATH}/policy", size=POLICY_BYTES)
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
        path = "" if version == 1 else f"/versions/{version}"
        return await self._said(
            "PUT", credentials, path, content=manifest, media_type="application/pkcs7-mime"
        )

    async def upload(
        self, credentials: Credentials, name: DocumentName, content: bytes, media_type: str
    ) -> None:
        """``PUT …/{uuid}/documents/{name}``."""
        path = f"/documents/{name.value}"
        await self._said("PUT", credentials, path, content=content, media_type=media_type)

    async def complete(self, credentials: Credentials) -> ApplicationStatus:
        """``POST …/{uuid}/complete``."""
        return await self._said("POST", credentials, "/complete")

    async def poll(self, credentials: Credentials) -> Polled:
        """``GET …/{uuid}``."""
        answer = await self._ask("GET", _application(credentials), credentials, size=STATUS_BYTES)
        return Polled(json_of(answer, ApplicationStatus), pause_of(answer))

    async def send_sms(self, credentials: Credentials) -> None:
        """``POST …/{uuid}/sms``."""
        await self._said("POST", credentials, "/sms", refusal=_send_refusal)

    async def verify_sms(self, credentials: Credentials, code: str) -> ApplicationStatus:
        """``POST …/{uuid}/sms/verify``."""
        body = msgspec.json.encode(SmsCode(code=code))
        return await self._said(
            "POST", credentials, "/sms/verify", content=body, refusal=_code_refusal
        )

    async def confirm_installed(self, credentials: Credentials) -> None:
        """``POST …/{uuid}/installed``."""
        await self._said("POST", credentials, "/installed")

    async def withdraw(self, credentials: Credentials) -> None:
        """``DELETE …/{uuid}``."""
        await self._said("DELETE", credentials)

    async def licence(self, credentials: Credentials) -> Licence:
        """``GET …/{uuid}/licence``."""
        answer = await self._ask(
            "GET",
            f"{_application(credentials)}/licence",
            credentials,
            size=LICENCE_BYTES,
            refusal=_licence_refusal,
        )
        return json_of(answer, Licence)

    async def signed_licence(self, uscc: str, request: bytes) -> Licence:
        """``POST /ra/v1/licences/{uscc}``."""
        answer = await self._ask(
            "POST",
            f"{RA_PATH}/licences/{uscc}",
            size=LICENCE_BYTES,
            content=request,
            media_type="application/pkcs7-mime",
            refusal=_licence_refusal,
        )
        return json_of(answer, Licence)

    async def _said(
        self,
        method: str,
        credentials: Credentials,
        path: str = "",
        *,
        content: bytes | None = None,
        media_type: str = "application/json",
        refusal: Refusal | None = None,
    ) -> ApplicationStatus:
        """Say something of an application; where it stands is read, since a proxy's page says nothing."""
        answer = await self._ask(
            method,
            _application(credentials) + path,
            credentials,
            size=STATUS_BYTES,
            content=content,
            media_type=media_type,
            refusal=refusal,
        )
        return json_of(answer, ApplicationStatus)


def _application(credentials: Credentials) -> str:
    return f"{RA_PATH}/applications/{credentials.application}"


def _send_refusal(answer: Answer, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.TOO_SOON:
        return SmsTooSoonError(seconds=round(pause_of(answer)))
    return SmsNoMoreError() if problem.code == ProblemCode.TOO_MANY_ATTEMPTS else None


def _code_refusal(_answer: Answer, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.WRONG_CODE:
        return SmsCodeWrongError(attempts_left=problem.attempts_left)
    return SmsCodeUsedUpError() if problem.code == ProblemCode.TOO_MANY_ATTEMPTS else None


def _licence_refusal(_answer: Answer, problem: Problem) -> OdcError | None:
    if problem.code == ProblemCode.NOT_OFFERED:
        return LicenceNotOfferedError()
    if problem.code == ProblemCode.STALE_REQUEST:
        return LicenceRequestStaleError()
    return None
