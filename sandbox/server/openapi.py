"""The authority's OpenAPI document, generated from the wire types: ``GET /ra/v1/openapi.json``. Pure.

``python -m sandbox.server.openapi`` prints it; ``docs/openapi.json`` is a copy, which a test compares.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import msgspec

from agent.renewals.authorities.ra_protocol import (
    EST_PATH,
    RA_PATH,
    ApplicationStatus,
    DocumentName,
    Licence,
    LicenceRequest,
    Manifest,
    Policy,
    Problem,
    SmsCode,
)

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/{name}"
_TYPES = (
    ApplicationStatus,
    DocumentName,
    Licence,
    LicenceRequest,
    Manifest,
    Policy,
    Problem,
    SmsCode,
)
_BINARY: Json = {"type": "string", "format": "binary"}
_BASE64: Json = {"type": "string", "description": "base64, of any line length"}
_CMS = ("application/pkcs7-mime", _BINARY)
_PKCS10 = ("application/pkcs10", _BASE64)
_ONE = f"{RA_PATH}/applications/{{application}}"
_TEXT: Json = {"text/plain": {"schema": {"type": "string"}}}
_PENDING: Json = {
    "description": "Not yet: post the same request again",
    "headers": {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 0}}},
    "content": _TEXT,
}
_PARAMETERS: dict[str, Json] = {
    "application": {
        "description": "The application's UUID, chosen by the client; the user of HTTP Basic",
        "schema": {"type": "string", "format": "uuid"},
    },
    "version": {"schema": {"type": "integer", "minimum": 1}},
    "name": {"schema": {"$ref": _REFERENCE.format(name="DocumentName")}},
    "uscc": {
        "description": "The organisation's unified social credit code",
        "schema": {"type": "string", "pattern": "^[0-9A-Z]{18}$"},
    },
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call."""

    method: str
    path: str
    name: str
    summary: str
    body: tuple[str, Json] | None = None
    """Media type and schema."""
    answer: str = "ApplicationStatus"
    """The schema's name; for EST the media type."""
    status: int = 200
    authenticated: bool = True

    @property
    def is_est(self) -> bool:
        return self.path.startswith(EST_PATH)


_SMS_CODE = ("application/json", {"$ref": _REFERENCE.format(name="SmsCode")})
_SCAN = ("application/octet-stream", _BINARY)
_CERTS_ONLY = "application/pkcs7-mime"

OPERATIONS = (
    Operation(
        method="get",
        path=f"{RA_PATH}/policy",
        name="policy",
        summary="What a renewal needs",
        answer="Policy",
        authenticated=False,
    ),
    Operation(
        method="put",
        path=_ONE,
        name="apply",
        summary="Open an application: CMS SignedData over a Manifest, by the old signing key",
        body=_CMS,
    ),
    Operation(method="get", path=_ONE, name="status", summary="Where the application stands"),
    Operation(method="delete", path=_ONE, name="withdraw", summary="Give the application up"),
    Operation(
        method="put",
        path=f"{_ONE}/versions/{{version}}",
        name="amend",
        summary="Replace a rejected submission by its next version",
        body=_CMS,
    ),
    Operation(
        method="put",
        path=f"{_ONE}/documents/{{name}}",
        name="document",
        summary="Bring one scan, the very bytes the manifest names",
        body=_SCAN,
    ),
    Operation(
        method="post", path=f"{_ONE}/complete", name="complete", summary="All scans are there"
    ),
    Operation(
        method="post",
        path=f"{_ONE}/sms",
        name="sendCode",
        summary="Send an SMS code to the applicant's phone",
        status=202,
    ),
    Operation(
        method="post",
        path=f"{_ONE}/sms/verify",
        name="verifyCode",
        summary="Release the application with the code",
        body=_SMS_CODE,
    ),
    Operation(
        method="post",
        path=f"{_ONE}/installed",
        name="installed",
        summary="The new certificates are on the token",
    ),
    Operation(
        method="get",
        path=f"{_ONE}/licence",
        name="licence",
        summary="The organisation's business licence",
        answer="Licence",
    ),
    Operation(
        method="post",
        path=f"{RA_PATH}/licences/{{uscc}}",
        name="signedLicence",
        summary="A business licence without an application: CMS SignedData over a LicenceRequest",
        body=_CMS,
        answer="Licence",
        authenticated=False,
    ),
    Operation(
        method="get",
        path=f"{EST_PATH}/cacerts",
        name="cacerts",
        summary="The authority's root (RFC 7030, 4.1)",
        answer=_CERTS_ONLY,
        authenticated=False,
    ),
    Operation(
        method="get",
        path=f"{EST_PATH}/csrattrs",
        name="csrattrs",
        summary="Which keys are accepted (RFC 7030, 4.5)",
        answer="application/csrattrs",
        authenticated=False,
    ),
    Operation(
        method="post",
        path=f"{EST_PATH}/simpleenroll",
        name="simpleenroll",
        summary="The new signing certificate (RFC 7030, 4.2)",
        body=_PKCS10,
        answer=_CERTS_ONLY,
    ),
    Operation(
        method="post",
        path=f"{EST_PATH}/serverkeygen",
        name="serverkeygen",
        summary="The new encryption certificate and its key, enveloped (RFC 7030, 4.4)",
        body=_PKCS10,
        answer="multipart/mixed",
    ),
)


def openapi_document() -> Json:
    """Return the document, an OpenAPI 3.1 object."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_REFERENCE)
    for component in components.values():
        # Docstrings, which Python has without their indentation since 3.13 only.
        component["description"] = inspect.cleandoc(component["description"])
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Certificate renewal: EST and the RA API",
            "version": "1",
            "description": "How an authority speaks with the agent; see docs/authorities.md.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"application": {"type": "http", "scheme": "basic"}},
        },
    }


def _described(operation: Operation) -> Json:
    names = [name for name in _PARAMETERS if f"{{{name}}}" in operation.path]
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    if names:
        described["parameters"] = [
            {"name": name, "in": "path", "required": True, **_PARAMETERS[name]} for name in names
        ]
    if operation.body is not None:
        media_type, schema = operation.body
        described["requestBody"] = {"required": True, "content": {media_type: {"schema": schema}}}
    if operation.authenticated:
        described["security"] = [{"application": []}]
    return described


def _responses(operation: Operation) -> Json:
    if operation.is_est:
        refused, content = _TEXT, {operation.answer: {"schema": {"type": "string"}}}
    else:
        refused = {"application/problem+json": {"schema": _reference("Problem")}}
        content = {"application/json": {"schema": _reference(operation.answer)}}
    responses: Json = {str(operation.status): {"description": "Done", "content": content}}
    if operation.is_est and operation.body:
        responses["202"] = _PENDING
    if operation.authenticated or operation.body:
        responses["4XX"] = {"description": "Refused", "content": refused}
    return responses


def _reference(name: str) -> Json:
    return {"$ref": _REFERENCE.format(name=name)}


def openapi_json() -> bytes:
    """Return the document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(openapi_document()), indent=2) + b"\n"


if __name__ == "__main__":
    print(openapi_json().decode(), end="")
