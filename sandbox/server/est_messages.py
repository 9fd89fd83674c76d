"""EST's bodies and answers (RFC 7030 with RFC 8951): what both labels of the sandbox share.

Sends base64 in one long line, since one widely used client reads nothing else, and accepts it in
any shape met in the wild. Errors are text/plain, as the RFC has them.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterable

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from starlette.responses import PlainTextResponse, Response

from agent.keys.algorithms import SM2
from agent.renewals.authorities.ra_protocol import ProblemCode, SigningKeyType
from sandbox.problems import RefusalError

MAX_REQUEST_BYTES = 64 * 1024
_ARMOUR = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]+-----")
_CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"
_BASE64 = {"Content-Transfer-Encoding": "base64", "Cache-Control": "no-store"}
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_EC_PUBLIC_KEY = "1.2.840.10045.2.1"
_CURVES: dict[SigningKeyType, str] = {
    "ec:secp256r1": "1.2.840.10045.3.1.7",
    "ec:secp384r1": "1.3.132.0.34",
    "sm2": SM2,
}


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


def certs_only(*certificates: x509.Certificate) -> Response:
    """Return certificates as certs-only CMS (RFC 7030, 4.1.3 and 4.2.3)."""
    return Response(_certificates(*certificates), headers=_BASE64, media_type=_CERTS_ONLY)


def server_key(envelope: bytes, media_type: str, certificate: x509.Certificate) -> Response:
    """Return an enveloped private key and its certificate, in two parts (RFC 7030, 4.4.2)."""
    boundary = f"odc-{secrets.token_hex(12)}"
    parts = ((media_type, base64.b64encode(envelope)), (_CERTS_ONLY, _certificates(certificate)))
    lines = []
    for kind, body in parts:
        head = f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64"
        lines += [head.encode(), b"", body]
    lines += [f"--{boundary}--".encode(), b""]
    return Response(
        b"\r\n".join(lines),
        headers={"Cache-Control": "no-store"},
        media_type=f"multipart/mixed; boundary={boundary}",
    )


def pending(retry_after: int) -> Response:
    """Return 202: the client is to post the same request again, after so many seconds."""
    return PlainTextResponse("pending\n", 202, headers={"Retry-After": str(retry_after)})


def refused(refusal: RefusalError) -> Response:
    """Return a refusal as EST has it."""
    status = refusal.problem.status
    if refusal.code is ProblemCode.NOT_FOUND:
        # EST knows users, not applications: 404 would say that the service is not here.
        refusal = RefusalError(ProblemCode.UNAUTHORISED, refusal.problem.detail)
        status = refusal.problem.status
    elif refusal.code is ProblemCode.WRONG_STATE:
        status = 403
    return PlainTextResponse(f"{refusal}\n", status, headers=refusal.headers)


def csr_attributes(key_types: Iterable[SigningKeyType]) -> Response:
    """Return which keys are accepted, the favourite first (RFC 7030, 4.5.2; RFC 9908)."""
    attributes = b"".join(_key_attribute(key_type) for key_type in key_types)
    return Response(
        base64.b64encode(_constructed(core.Sequence, attributes)),
        headers=_BASE64,
        media_type="application/csrattrs",
    )


def _certificates(*certificates: x509.Certificate) -> bytes:
    return base64.b64encode(pkcs7.serialize_certificates(list(certificates), Encoding.DER))


def _key_attribute(key_type: SigningKeyType) -> bytes:
    """Return the DER of Attribute { kind of key, SET { its size or curve } }."""
    kind, _, size = key_type.partition(":")
    if kind == "rsa":
        oid, value = _RSA_ENCRYPTION, core.Integer(int(size)).dump()
    else:
        oid, value = _EC_PUBLIC_KEY, core.ObjectIdentifier(_CURVES[key_type]).dump()
    values = _constructed(core.Set, value)
    return _constructed(core.Sequence, core.ObjectIdentifier(oid).dump() + values)


def _constructed(kind: type[core.Sequence | core.Set], contents: bytes) -> bytes:
    return bytes(kind(contents=contents).dump())
