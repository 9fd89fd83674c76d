"""What binds an application together, as the old signing key signs it. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib

from agent.certificates.parsing import thumbprint
from agent.renewals.authorities.enrolment import Application
from agent.renewals.authorities.ra_protocol import Manifest


def make_manifest(
    audience: str, application: Application, request: bytes, now: dt.datetime
) -> Manifest:
    """Return the manifest of an application to the authority at ``audience``.

    Args:
        audience: the authority's base URL.
        application: what is applied for.
        request: PKCS#10 (DER) that will be posted for it.
        now: when it is signed.
    """
    who = application.credentials
    return Manifest(
        audience=audience,
        application=who.application,
        version=application.version,
        secret_sha256=hashlib.sha256(who.secret.encode()).hexdigest(),
        certificate_sha256=thumbprint(application.certificate),
        csr_sha256=hashlib.sha256(request).hexdigest(),
        created=now,
        applicant=application.applicant,
        documents=dict(application.documents),
        encryption_recipient=application.recipient or None,
    )
