"""Refusals: why a call was refused, as an exception inside and a problem document outside."""

from __future__ import annotations

from agent.renewals.authorities.ra_protocol import Problem, ProblemCode

_STATUS: dict[ProblemCode, int] = {
    ProblemCode.MALFORMED: 400,
    ProblemCode.UNAUTHORISED: 401,
    ProblemCode.NOT_FOUND: 404,
    ProblemCode.BAD_SIGNATURE: 403,
    ProblemCode.WRONG_AUDIENCE: 403,
    ProblemCode.UNKNOWN_CERTIFICATE: 403,
    ProblemCode.OUTSIDE_WINDOW: 403,
    ProblemCode.ALREADY_OPEN: 409,
    ProblemCode.STALE_VERSION: 409,
    ProblemCode.WRONG_STATE: 409,
    ProblemCode.INCOMPLETE: 422,
    ProblemCode.DOCUMENT_MISMATCH: 422,
    ProblemCode.TOO_LARGE: 413,
    ProblemCode.WRONG_CODE: 403,
    ProblemCode.TOO_MANY_ATTEMPTS: 403,
    ProblemCode.TOO_SOON: 429,
    ProblemCode.RECIPIENT_REFUSED: 422,
    ProblemCode.NOT_OFFERED: 403,
    ProblemCode.STALE_REQUEST: 403,
}

_TITLE: dict[ProblemCode, str] = {
    ProblemCode.MALFORMED: "The request cannot be read",
    ProblemCode.UNAUTHORISED: "Application and secret do not match",
    ProblemCode.NOT_FOUND: "There is nothing here",
    ProblemCode.BAD_SIGNATURE: "The signature does not verify",
    ProblemCode.WRONG_AUDIENCE: "The manifest is meant for another authority",
    ProblemCode.UNKNOWN_CERTIFICATE: "The certificate cannot be renewed here",
    ProblemCode.OUTSIDE_WINDOW: "The certificate is outside the window for self-service",
    ProblemCode.ALREADY_OPEN: "Another application is open for this certificate",
    ProblemCode.STALE_VERSION: "The version does not follow the one the authority has",
    ProblemCode.WRONG_STATE: "The application's state does not allow this",
    ProblemCode.INCOMPLETE: "The dossier is incomplete",
    ProblemCode.DOCUMENT_MISMATCH: "The document is not the one the manifest names",
    ProblemCode.TOO_LARGE: "Too many bytes",
    ProblemCode.WRONG_CODE: "The SMS code is wrong",
    ProblemCode.TOO_MANY_ATTEMPTS: "Too many wrong SMS codes",
    ProblemCode.TOO_SOON: "Too soon to ask again",
    ProblemCode.RECIPIENT_REFUSED: "No encryption key can be enveloped to this recipient",
    ProblemCode.NOT_OFFERED: "This authority does not offer it",
    ProblemCode.STALE_REQUEST: "The request is too old, or its clock is wrong",
}


class RefusalError(Exception):
    """A call the authority refuses; ``detail`` never repeats personal data."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str = "",
        *,
        application: str = "",
        attempts_left: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.retry_after = retry_after
        self.problem = Problem(
            title=_TITLE[code],
            status=_STATUS[code],
            code=code,
            detail=detail,
            application=application,
            attempts_left=attempts_left,
        )

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers that belong to the refusal (RFC 7617, RFC 9110)."""
        headers = {}
        if self.code is ProblemCode.UNAUTHORISED:
            headers["WWW-Authenticate"] = 'Basic realm="odc-sandbox", charset="UTF-8"'
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return headers
