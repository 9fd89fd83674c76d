"""May this signed manifest open or amend an application? Every rule of the design, none waived.

The authority waives only the old certificate's notAfter, and that only inside its policy's window.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Protocol

import msgspec

from agent.renewals.authorities.ra_protocol import ApplicantField, Manifest, Policy, ProblemCode
from sandbox.authority.rules.cms import SignedContent
from sandbox.authority.rules.days import china_date
from sandbox.authority.rules.profiles import CertificateUse
from sandbox.authority.rules.recipients import KeyRegister, check_recipient
from sandbox.authority.rules.records import IssuedCertificate
from sandbox.problems import RefusalError


class CertificateRegister(KeyRegister, Protocol):
    """What the rules need to know of the certificates issued."""

    def certificate(self, sha256: str) -> IssuedCertificate | None: ...

    def newest_signing_certificate(self, uscc: str) -> IssuedCertificate | None: ...


@dataclass(frozen=True)
class Expected:
    """What a manifest must say to belong to the call that brings it."""

    application: str
    version: int
    secret: str
    audiences: frozenset[str]
    opened_at: dt.datetime
    """When the application was opened: the moment the policy's window is judged by, so that a
    review that takes long never makes an amendment come too late."""


@dataclass(frozen=True)
class Submission:
    """A manifest every rule was applied to."""

    manifest: Manifest
    manifest_json: bytes
    certificate: IssuedCertificate
    dossier_required: bool


def check_submission(
    signed: SignedContent, expected: Expected, policy: Policy, register: CertificateRegister
) -> Submission:
    """Return what ``signed``, whose signature was verified, submits.

    Raises:
        RefusalError: naming the rule that was broken.
    """
    # Looked up by hash: only the very certificate this authority issued can be found.
    certificate = register.certificate(signed.certificate_sha256)
    manifest = _decode(signed.content)
    _check_binding(manifest, expected, signed.certificate_sha256)
    certificate = check_current(certificate, register)
    _check_window(certificate, policy, expected.opened_at)
    required = dossier_required(certificate, policy, expected.opened_at)
    if required:
        _check_complete(manifest, policy)
    _check_documents(manifest, policy)
    _check_encryption(manifest, certificate, policy, register)
    return Submission(manifest, signed.content, certificate, required)


def dossier_required(
    certificate: IssuedCertificate, policy: Policy, opened_at: dt.datetime
) -> bool:
    """Say whether the policy asks for a dossier; the instant of expiry decides, not the day."""
    if policy.dossier == "when_expired":
        return opened_at > certificate.not_after
    return policy.dossier == "always"


def _check_encryption(
    manifest: Manifest, certificate: IssuedCertificate, policy: Policy, register: KeyRegister
) -> None:
    """Refuse a recipient now, where the applicant is told, rather than after days of review."""
    if manifest.encryption_recipient is None:
        return
    if not policy.encryption_certificate:
        raise RefusalError(ProblemCode.NOT_OFFERED, "encryption certificates are not renewed here")
    check_recipient(manifest.encryption_recipient, certificate.uscc, register, policy, None)


def _decode(content: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # The reason names a field and a type, never a value.
        raise RefusalError(ProblemCode.MALFORMED, f"the manifest: {error}") from error
    if manifest.created.tzinfo is None:
        raise RefusalError(ProblemCode.MALFORMED, "the manifest: `created` lacks its time zone")
    return manifest


def _check_binding(manifest: Manifest, expected: Expected, signer_sha256: str) -> None:
    if manifest.audience.rstrip("/") not in expected.audiences:
        raise RefusalError(
            ProblemCode.WRONG_AUDIENCE, f"this is {' or '.join(sorted(expected.audiences))}"
        )
    if manifest.application != expected.application:
        raise RefusalError(ProblemCode.MALFORMED, "the manifest names another application")
    if manifest.secret_sha256 != hashlib.sha256(expected.secret.encode()).hexdigest():
        raise RefusalError(ProblemCode.UNAUTHORISED, "the manifest names another secret")
    if manifest.certificate_sha256 != signer_sha256:
        raise RefusalError(
            ProblemCode.BAD_SIGNATURE, "the manifest is not signed with the certificate it names"
        )
    if manifest.version != expected.version:
        raise RefusalError(
            ProblemCode.STALE_VERSION, f"version {expected.version} is the one due now"
        )


def check_current(
    certificate: IssuedCertificate | None, register: CertificateRegister
) -> IssuedCertificate:
    """Return ``certificate`` if it is an organisation's signing certificate of today.

    Raises:
        RefusalError: UNKNOWN_CERTIFICATE.
    """
    if certificate is None:
        raise RefusalError(ProblemCode.UNKNOWN_CERTIFICATE, "not issued by this authority")
    if certificate.use is not CertificateUse.SIGNING:
        raise RefusalError(ProblemCode.UNKNOWN_CERTIFICATE, "not a signing certificate")
    if certificate.revoked_at is not None:
        raise RefusalError(ProblemCode.UNKNOWN_CERTIFICATE, "revoked or superseded")
    newest = register.newest_signing_certificate(certificate.uscc)
    if newest is None or newest.sha256 != certificate.sha256:
        raise RefusalError(ProblemCode.UNKNOWN_CERTIFICATE, "the organisation has a newer one")
    return certificate


def check_not_overtaken(
    certificate: IssuedCertificate, issued_sha256: str | None, register: CertificateRegister
) -> None:
    """Refuse to issue once the old certificate is no longer the one to renew.

    A review takes days: meanwhile it may have been revoked, or replaced at the counter. What this
    very application was issued (``issued_sha256``) is no such thing.

    Raises:
        RefusalError: UNKNOWN_CERTIFICATE.
    """
    newest = register.newest_signing_certificate(certificate.uscc)
    if certificate.revoked_at is None and newest and newest.sha256 == issued_sha256:
        return
    check_current(certificate, register)


def _check_window(certificate: IssuedCertificate, policy: Policy, opened_at: dt.datetime) -> None:
    days = (china_date(opened_at) - china_date(certificate.not_after)).days
    if -days > policy.earliest_days_before_expiry:
        raise RefusalError(
            ProblemCode.OUTSIDE_WINDOW,
            f"self-service opens {policy.earliest_days_before_expiry} days before expiry",
        )
    latest = policy.latest_days_after_expiry
    if latest is not None and days > latest:
        raise RefusalError(
            ProblemCode.OUTSIDE_WINDOW, f"self-service ends {latest} days after expiry"
        )


def _check_complete(manifest: Manifest, policy: Policy) -> None:
    applicant = manifest.applicant
    if applicant is None:
        raise RefusalError(ProblemCode.INCOMPLETE, "the applicant is missing")
    given: dict[ApplicantField, str] = {
        ApplicantField.ID_NUMBER: applicant.id_number,
        ApplicantField.NAME: applicant.name,
        ApplicantField.ADDRESS: applicant.address,
        ApplicantField.PHONE: applicant.phone,
        ApplicantField.EMAIL: applicant.email,
    }
    missing = [str(field) for field in policy.required_fields if not given[field].strip()]
    missing += [str(name) for name in policy.required_documents if name not in manifest.documents]
    if missing:
        raise RefusalError(ProblemCode.INCOMPLETE, f"missing: {', '.join(missing)}")


def _check_documents(manifest: Manifest, policy: Policy) -> None:
    for name, digest in manifest.documents.items():
        if digest.size > policy.document_max_bytes:
            raise RefusalError(
                ProblemCode.TOO_LARGE, f"{name}: at most {policy.document_max_bytes} bytes"
            )
        if digest.media_type not in policy.document_formats:
            raise RefusalError(
                ProblemCode.MALFORMED, f"{name}: accepted are {', '.join(policy.document_formats)}"
            )
