"""Business licences (营业执照), for an application's owner or for whoever signs with the token.

The licences are invented: every organisation that was issued a certificate has one.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import io

import msgspec

from agent.renewals.authorities.ra_protocol import (
    LICENCE_REQUEST_SECONDS,
    Licence,
    LicenceRequest,
    ProblemCode,
)
from sandbox.authority.dossier import draw_paper
from sandbox.authority.ledger import Ledger
from sandbox.authority.rules.cms import SignedContent, verify_signed_data
from sandbox.authority.rules.manifest_check import check_current
from sandbox.authority.rules.message_forms import licence_request_types
from sandbox.authority.rules.records import IssuedCertificate, SeenLicenceRequest
from sandbox.authority.store import Transaction
from sandbox.problems import RefusalError

MAX_ANSWERS = 5
"""How often the same signed bytes are answered: a lost answer may be asked for again, and somebody
who got hold of a request cannot go on asking."""
_WINDOW = dt.timedelta(seconds=LICENCE_REQUEST_SECONDS)


class Licences:
    """The two licence calls."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of_application(self, application: str, secret: str) -> Licence:
        """Return the licence of the organisation an application is for.

        Raises:
            RefusalError: NOT_OFFERED, NOT_FOUND, UNAUTHORISED.
        """
        self._check_offered()
        with self._ledger.owned(application, secret) as (transaction, found):
            certificate = transaction.certificate(found.certificate_sha256)
            assert certificate is not None, "the database's foreign key holds it"
            return invented_licence(certificate.organisation, certificate.uscc)

    def of_organisation(self, uscc: str, cms_der: bytes) -> Licence:
        """Return the licence of ``uscc`` to whoever signs with its newest signing certificate.

        Raises:
            RefusalError: NOT_OFFERED; MALFORMED, BAD_SIGNATURE, WRONG_AUDIENCE,
                UNKNOWN_CERTIFICATE for what is signed; STALE_REQUEST, TOO_MANY_ATTEMPTS.
        """
        self._check_offered()
        signed = verify_signed_data(cms_der, licence_request_types(self._ledger.rules))
        request = _decode(signed)
        self._check_binding(request, uscc)
        with self._ledger.store.transaction() as transaction:
            certificate = check_current(
                transaction.certificate(signed.certificate_sha256), transaction
            )
            _check_signer(request, certificate)
            self._count(transaction, request, cms_der)
            return invented_licence(certificate.organisation, certificate.uscc)

    def _check_offered(self) -> None:
        if not self._ledger.rules.policy.licence:
            raise RefusalError(ProblemCode.NOT_OFFERED, "no licences here")

    def _check_binding(self, request: LicenceRequest, uscc: str) -> None:
        audiences = self._ledger.rules.audiences
        if request.audience.rstrip("/") not in audiences:
            raise RefusalError(
                ProblemCode.WRONG_AUDIENCE, f"this is {' or '.join(sorted(audiences))}"
            )
        if request.uscc != uscc:
            raise RefusalError(ProblemCode.MALFORMED, "the request names another organisation")
        if abs(self._ledger.clock() - request.created) > _WINDOW:
            raise RefusalError(
                ProblemCode.STALE_REQUEST, f"good for {LICENCE_REQUEST_SECONDS} seconds"
            )

    def _count(self, transaction: Transaction, request: LicenceRequest, cms_der: bytes) -> None:
        digest = hashlib.sha256(cms_der).hexdigest()
        now = self._ledger.clock()
        seen = transaction.licence_request(request.nonce) or SeenLicenceRequest(
            nonce=request.nonce, cms_sha256=digest, received_at=now, answers=0
        )
        if seen.cms_sha256 != digest:
            raise RefusalError(ProblemCode.STALE_REQUEST, "the nonce was used before")
        if seen.answers >= MAX_ANSWERS:
            raise RefusalError(ProblemCode.TOO_MANY_ATTEMPTS, "sign a new request")
        transaction.save_licence_request(msgspec.structs.replace(seen, answers=seen.answers + 1))


def invented_licence(organisation: str, uscc: str) -> Licence:
    """Return the licence of an organisation, always the same one."""
    founded = dt.date(2015, 1, 1) + dt.timedelta(days=hashlib.sha256(uscc.encode()).digest()[0])
    return Licence(
        uscc=uscc,
        name=organisation,
        legal_representative="样例",
        address="广东省深圳市样例路1号",
        valid_from=founded,
        updated=founded.replace(year=2024),
        image=_picture(organisation, uscc),
    )


@functools.cache
def _picture(organisation: str, uscc: str) -> bytes:
    lines = (
        ("营业执照(副本)", "Business licence (copy)"),
        (organisation, "Sample organisation"),
        (f"统一社会信用代码 {uscc}", uscc),
    )
    file = io.BytesIO()
    draw_paper((1188, 840), lines).save(file, "PNG", optimize=True)
    return file.getvalue()


def _decode(signed: SignedContent) -> LicenceRequest:
    try:
        request = msgspec.json.decode(signed.content, type=LicenceRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusalError(ProblemCode.MALFORMED, f"the request: {error}") from error
    if request.created.tzinfo is None:
        raise RefusalError(ProblemCode.MALFORMED, "the request: `created` lacks its time zone")
    if request.certificate_sha256 != signed.certificate_sha256:
        raise RefusalError(
            ProblemCode.BAD_SIGNATURE, "the request is not signed with the certificate it names"
        )
    return request


def _check_signer(request: LicenceRequest, certificate: IssuedCertificate) -> None:
    if certificate.uscc != request.uscc:
        raise RefusalError(
            ProblemCode.UNKNOWN_CERTIFICATE, "the certificate is another organisation's"
        )
