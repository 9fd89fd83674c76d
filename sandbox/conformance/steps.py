"""The steps: docs/authorities.md, call by call, and what must be refused on the way."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import httpx
import msgspec
from cryptography import x509

from agent.keys.certified import is_issued_by, key_of
from agent.renewals.authorities.policy_reading import decode_policy
from agent.renewals.authorities.ra_protocol import (
    EST_PATH,
    RA_PATH,
    ApplicationState,
    ApplicationStatus,
    DocumentName,
    ProblemCode,
    SmsCode,
)
from sandbox.authority.rules.scans import media_type
from sandbox.conformance import forms
from sandbox.conformance.answers import CMS, certificates, expect, refused, status_of
from sandbox.conformance.client import Applicant
from sandbox.conformance.encryption import EncryptionKey
from sandbox.conformance.run import NotAskedError, Step, WrongAnswerError
from sandbox.private_keys import new_key

POLL_SECONDS = 2.0
CALLS = "authorities.md, The calls"
MANIFEST = "authorities.md, The manifest"
ERRORS = "authorities.md, Errors"
RFC_ENROL = "RFC 7030, 4.2.3"
RFC_ATTRS = "RFC 7030, 4.5.2"


class Renewal:
    """What the steps hand on to each other."""

    def __init__(self, *, wait_seconds: float, sms_code: Callable[[], str]) -> None:
        self._wait_seconds = wait_seconds
        self._sms_code = sms_code
        self._submission = b""
        self._certificate: x509.Certificate | None = None
        self._roots: list[x509.Certificate] = []
        self._encryption = EncryptionKey()

    def steps(self) -> tuple[Step, ...]:
        """Return all steps in order."""
        return (
            Step("policy", "GET policy without authentication", CALLS, self.policy, True),
            Step("cacerts", "certs-only with the CA", "RFC 7030, 4.1.3", self.cacerts, True),
            Step("csrattrs", "200 with attributes, or 204 or 404", RFC_ATTRS, self.csrattrs),
            Step("foreign signature", "by another key: refused", MANIFEST, self.foreign_signature),
            Step("foreign audience", "for another: refused", MANIFEST, self.foreign_audience),
            *forms.steps(),
            Step("apply", "PUT with the signed manifest opens it", CALLS, self.apply, True),
            Step("apply again", "the same bytes: the same answer", CALLS, self.apply_again),
            Step("wrong secret", "another password: 401", CALLS, self.wrong_secret),
            Step("other bytes", "not the manifest's scan: refused", MANIFEST, self.other_bytes),
            Step("incomplete", "complete before the scans: refused", ERRORS, self.incomplete),
            Step("scans", "each is taken, and taken again", CALLS, self.scans, True),
            Step("complete", "POST complete: reviewing, or further", CALLS, self.complete, True),
            Step("not released", "simpleenroll: 202, Retry-After", RFC_ENROL, self.not_released),
            Step("review", "GET tells the state until approved", CALLS, self.review, True),
            Step("wrong SMS code", "refused, and a try is counted", ERRORS, self.wrong_code),
            Step("SMS code", "POST sms/verify releases", CALLS, self.right_code, True),
            *self._encryption.before(),
            Step("enrol", "certs-only, our key and subject", RFC_ENROL, self.enrol, True),
            Step("enrol again", "the same until installed", MANIFEST, self.enrol_again),
            Step("enrol, wrong secret", "401", CALLS, self.enrol_wrong_secret),
            *self._encryption.after(),
            Step("installed", "POST installed ends the application", CALLS, self.installed),
            Step("installed again", "the same answer", CALLS, self.installed),
        )

    def policy(self, applicant: Applicant) -> str:
        """Read the policy and make the request it asks for."""
        answer = expect(applicant.http.get(f"{RA_PATH}/policy"), 200)
        policy = decode_policy(answer.content)
        applicant.go_by(policy)
        keys = ", ".join(policy.new_key_types)
        return f"{policy.authority}; keys {keys}; messages of version {policy.message_version}"

    def cacerts(self, applicant: Applicant) -> str:
        """Read the authority's certificates."""
        answer = expect(applicant.http.get(f"{EST_PATH}/cacerts"), 200)
        self._roots = certificates(answer)
        return f"{len(self._roots)} certificates"

    def csrattrs(self, applicant: Applicant) -> str:
        """Ask which attributes are wanted."""
        answer = applicant.http.get(f"{EST_PATH}/csrattrs")
        return f"HTTP {expect(answer, 200, 204, 404).status_code}"

    def foreign_signature(self, applicant: Applicant) -> str:
        """Sign with a key that is not the certificate's."""
        stranger = new_key(applicant.holder.key.public.kind)
        signed = applicant.signed(applicant.manifest(), key=stranger)
        return refused(applicant.call("PUT", content=signed, media_type=CMS))

    def foreign_audience(self, applicant: Applicant) -> str:
        """Send what was signed for another authority."""
        manifest = applicant.manifest(audience="https://another-authority.example")
        answer = applicant.call("PUT", content=applicant.signed(manifest), media_type=CMS)
        return refused(answer, ProblemCode.WRONG_AUDIENCE)

    def apply(self, applicant: Applicant) -> str:
        """Open the application."""
        self._submission = applicant.signed(applicant.manifest())
        return status_of(applicant.call("PUT", content=self._submission, media_type=CMS)).state

    def apply_again(self, applicant: Applicant) -> str:
        """Send the same bytes again."""
        return self.apply_same(applicant).state

    def apply_same(self, applicant: Applicant) -> ApplicationStatus:
        """Send the submission once more."""
        return status_of(applicant.call("PUT", content=self._submission, media_type=CMS))

    def wrong_secret(self, applicant: Applicant) -> str:
        """Ask with another password."""
        answer = applicant.call("GET", secret=secrets.token_urlsafe(24))
        return f"HTTP {expect(answer, 401).status_code}"

    def other_bytes(self, applicant: Applicant) -> str:
        """Send a scan of other bytes than the manifest says."""
        wanted = applicant.wanted()
        if not wanted:
            raise NotAskedError("no dossier")
        name, content = next(iter(wanted.items()))
        answer = self._upload(applicant, name, content + b"!")
        return refused(answer, ProblemCode.DOCUMENT_MISMATCH)

    def incomplete(self, applicant: Applicant) -> str:
        """Say that all is there when nothing is."""
        if not applicant.wanted():
            raise NotAskedError("no dossier")
        return refused(applicant.call("POST", "/complete"), ProblemCode.INCOMPLETE)

    def scans(self, applicant: Applicant) -> str:
        """Send every scan, each twice."""
        wanted = applicant.wanted()
        for name, content in wanted.items():
            for _ in range(2):
                status_of(self._upload(applicant, name, content))
        return f"{len(wanted)} scans"

    def complete(self, applicant: Applicant) -> str:
        """Say that all is there."""
        return status_of(applicant.call("POST", "/complete")).state

    def not_released(self, applicant: Applicant) -> str:
        """Ask for the certificate too early."""
        if status_of(applicant.call("GET")).state is ApplicationState.RELEASED:
            raise NotAskedError("released at once")
        answer = expect(applicant.enrol(), 202)
        if "Retry-After" not in answer.headers:
            raise WrongAnswerError("202 without Retry-After")
        return f"Retry-After: {answer.headers['Retry-After']}"

    def review(self, applicant: Applicant) -> str:
        """Poll until the staff have decided."""
        deadline = time.monotonic() + self._wait_seconds
        while True:
            status = status_of(applicant.call("GET"))
            if status.state in (ApplicationState.APPROVED, ApplicationState.RELEASED):
                return status.state
            if status.state is not ApplicationState.REVIEWING or time.monotonic() > deadline:
                raise WrongAnswerError(f"{status.state} after {self._wait_seconds:g} s")
            time.sleep(POLL_SECONDS)

    def wrong_code(self, applicant: Applicant) -> str:
        """Have a code sent and enter another one."""
        if not applicant.policy.sms or status_of(applicant.call("GET")).state == "released":
            raise NotAskedError("no SMS code")
        status_of(applicant.call("POST", "/sms"))
        body = msgspec.json.encode(SmsCode(code="0000"))
        answer = applicant.call("POST", "/sms/verify", content=body)
        return refused(answer, ProblemCode.WRONG_CODE)

    def right_code(self, applicant: Applicant) -> str:
        """Enter the code that was sent."""
        if not applicant.policy.sms or status_of(applicant.call("GET")).state == "released":
            raise NotAskedError("no SMS code")
        body = msgspec.json.encode(SmsCode(code=self._sms_code()))
        status = status_of(applicant.call("POST", "/sms/verify", content=body))
        if status.state is not ApplicationState.RELEASED:
            raise WrongAnswerError(status.state)
        return status.state

    def enrol(self, applicant: Applicant) -> str:
        """Fetch the certificate and look it over."""
        new = self._certificate = _issued(applicant, expect(applicant.enrol(), 200))
        old = applicant.holder.certificate
        if new.subject != old.subject:
            raise WrongAnswerError(f"another subject: {new.subject.rfc4514_string()}")
        if new.not_valid_after_utc <= old.not_valid_after_utc:
            raise WrongAnswerError("it ends no later than the old one")
        self._check_issuer(new)
        return f"valid to {new.not_valid_after_utc:%Y-%m-%d}"

    def enrol_again(self, applicant: Applicant) -> str:
        """Fetch it once more."""
        if _issued(applicant, expect(applicant.enrol(), 200)) != self._certificate:
            raise WrongAnswerError("another certificate: a lost answer would cost a key")
        return "the same"

    def enrol_wrong_secret(self, applicant: Applicant) -> str:
        """Ask for the certificate with another password."""
        answer = applicant.enrol(secrets.token_urlsafe(24))
        return f"HTTP {expect(answer, 401).status_code}"

    def installed(self, applicant: Applicant) -> str:
        """Confirm the installation."""
        status = status_of(applicant.call("POST", "/installed"))
        if status.state is not ApplicationState.INSTALLED:
            raise WrongAnswerError(status.state)
        return status.state

    def _upload(self, applicant: Applicant, name: DocumentName, content: bytes) -> httpx.Response:
        return applicant.call(
            "PUT", f"/documents/{name}", content=content, media_type=media_type(content) or ""
        )

    def _check_issuer(self, certificate: x509.Certificate) -> None:
        if not any(is_issued_by(certificate, root) for root in self._roots):
            raise WrongAnswerError("not issued by a certificate of cacerts")


def _issued(applicant: Applicant, answer: httpx.Response) -> x509.Certificate:
    wanted = applicant.new_key.public
    for certificate in certificates(answer):
        if key_of(certificate) == wanted:
            return certificate
    raise WrongAnswerError("no certificate is for the key of the request")
