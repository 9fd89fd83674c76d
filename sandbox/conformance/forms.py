"""The steps about what a signed message says it is: all but the policy's form must be refused.

Each message is right in everything else, so that nothing but its form can be the reason.
"""

from __future__ import annotations

import httpx
import msgspec

from agent.renewals.authorities.ra_protocol import Licence, ProblemCode
from agent.renewals.authorities.signed_messages import TYPED, ContentType
from sandbox.conformance.answers import CMS, expect, refused
from sandbox.conformance.client import Applicant
from sandbox.conformance.messages import without_attributes
from sandbox.conformance.run import NotAskedError, Step, WrongAnswerError

FORMS = "authorities.md, Signed messages"
LICENCE = "authorities.md, The licence"


def steps() -> tuple[Step, ...]:
    """Return the steps; they come before the application, and leave none open."""
    as_manifest, as_request = "licence request as manifest", "manifest as licence request"
    return (
        Step("manifest, other types", "under each: refused", FORMS, manifest_types),
        Step("manifest, bare", "without signed attributes: refused", FORMS, bare_manifest),
        Step(as_manifest, "opens no application: refused", FORMS, request_as_manifest),
        Step("licence", "POST with the signed request", LICENCE, licence),
        Step("licence request, other types", "under each: refused", FORMS, request_types),
        Step("licence request, bare", "without signed attributes: refused", FORMS, bare_request),
        Step(as_request, "brings no licence: refused", FORMS, manifest_as_request),
    )


def manifest_types(applicant: Applicant) -> str:
    """Apply with a manifest as plain data, and as a licence request."""
    _check_version(applicant)
    for content_type in (ContentType.DATA, ContentType.LICENCE_REQUEST):
        who = applicant.another()
        answer = _apply(who, who.signed(who.manifest(), content_type))
        seen = refused(answer, ProblemCode.MALFORMED)
    return seen


def bare_manifest(applicant: Applicant) -> str:
    """Apply with a manifest whose content itself is signed."""
    who = applicant.another()
    signed = who.signed(who.manifest())
    return refused(_apply(who, without_attributes(signed, who.holder.key)))


def request_as_manifest(applicant: Applicant) -> str:
    """Apply with a licence request, as it should be and as a manifest."""
    request = applicant.licence_request()
    for content_type in (None, ContentType.MANIFEST):
        signed = applicant.signed(request, content_type)
        seen = refused(_apply(applicant.another(), signed), ProblemCode.MALFORMED)
    return seen


def licence(applicant: Applicant) -> str:
    """Fetch the licence without an application."""
    _check_licences(applicant)
    answer = expect(applicant.licence(applicant.signed(applicant.licence_request())), 200)
    found = msgspec.json.decode(answer.content, type=Licence)
    if found.uscc != applicant.holder.uscc:
        raise WrongAnswerError(f"the licence of {found.uscc}")
    return found.uscc


def request_types(applicant: Applicant) -> str:
    """Ask for the licence with a request as plain data, and as a manifest."""
    _check_version(applicant)
    _check_licences(applicant)
    for content_type in (ContentType.DATA, ContentType.MANIFEST):
        signed = applicant.signed(applicant.licence_request(), content_type)
        seen = refused(applicant.licence(signed), ProblemCode.MALFORMED)
    return seen


def bare_request(applicant: Applicant) -> str:
    """Ask for the licence with a request whose content itself is signed."""
    _check_licences(applicant)
    signed = applicant.signed(applicant.licence_request())
    return refused(applicant.licence(without_attributes(signed, applicant.holder.key)))


def manifest_as_request(applicant: Applicant) -> str:
    """Ask for the licence with a manifest, as it should be and as a licence request."""
    _check_licences(applicant)
    for content_type in (None, ContentType.LICENCE_REQUEST):
        signed = applicant.signed(applicant.manifest(), content_type)
        seen = refused(applicant.licence(signed), ProblemCode.MALFORMED)
    return seen


def _apply(applicant: Applicant, signed: bytes) -> httpx.Response:
    """Apply with what must be refused; where it is not, withdraw, since the application is to come."""
    answer = applicant.call("PUT", content=signed, media_type=CMS)
    if answer.is_success:
        applicant.call("DELETE")
    return answer


def _check_version(applicant: Applicant) -> None:
    if applicant.policy.message_version < TYPED:
        raise NotAskedError(f"messages of version {applicant.policy.message_version}")


def _check_licences(applicant: Applicant) -> None:
    if not applicant.policy.licence:
        raise NotAskedError("no licences")
    if not applicant.holder.uscc:
        raise NotAskedError("no credit code in the certificate")
