"""Whether a certificate was revoked: what is asked, where, and what of an answer is believed. Pure.

OCSP (RFC 6960) and CRLs (RFC 5280, 5), as the certificate names them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from agent.keys.certified import extension_of, is_issued_by, key_of
from agent.keys.schemes import scheme_named

SKEW = dt.timedelta(minutes=10)
"""By which clocks may differ."""


class NotKnownError(ValueError):
    """An answer says nothing that is believed; the text says why."""


class RevokedError(ValueError):
    """The certificate was revoked."""


def ocsp_urls(certificate: x509.Certificate) -> list[str]:
    """Return where to ask (RFC 5280, 4.2.2.1)."""
    access = extension_of(certificate, x509.AuthorityInformationAccess) or ()
    return [
        each.access_location.value
        for each in access
        if each.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
        and each.access_location.value.startswith(("http://", "https://"))
    ]


def crl_urls(certificate: x509.Certificate) -> list[str]:
    """Return where its list is (RFC 5280, 4.2.1.13)."""
    points = extension_of(certificate, x509.CRLDistributionPoints) or ()
    names = (name for point in points for name in point.full_name or ())
    return [
        name.value
        for name in names
        if isinstance(name, x509.UniformResourceIdentifier)
        and name.value.startswith(("http://", "https://"))
    ]


def needs_no_proof(certificate: x509.Certificate) -> bool:
    """Return whether its authority says that nobody is to ask (RFC 6960, 4.2.2.2.1)."""
    return extension_of(certificate, x509.OCSPNoCheck) is not None


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """Return an OCSPRequest; by SHA-1, the one all responders know (RFC 9654 has others optional)."""
    builder = ocsp.OCSPRequestBuilder()
    asked = builder.add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
    return asked.public_bytes(Encoding.DER)


def check_ocsp(
    answer: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: dt.datetime
) -> list[bytes]:
    """Return the certificates (DER) of who answered that the certificate is good.

    Raises:
        NotKnownError, RevokedError
    """
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise NotKnownError("the responder does not answer")
        if response.serial_number != certificate.serial_number:
            raise NotKnownError("the answer is about another certificate")
        responder = _responder(response, issuer)
        _check_window(response.this_update_utc, response.next_update_utc, now)
        status = response.certificate_status
    except (ValueError, TypeError) as error:
        raise NotKnownError(str(error)) from error
    if status is ocsp.OCSPCertStatus.REVOKED:
        raise RevokedError("revoked")
    if status is not ocsp.OCSPCertStatus.GOOD:
        raise NotKnownError("the responder does not know the certificate")
    return [] if responder == issuer else [responder.public_bytes(Encoding.DER)]


def check_crl(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: dt.datetime
) -> None:
    """Check that a list is the issuer's, of today, and does not have the certificate.

    Raises:
        NotKnownError, RevokedError
    """
    try:
        crl = x509.load_der_x509_crl(der)
        scheme = scheme_named(crl.signature_algorithm_oid.dotted_string)
        is_good = key_of(issuer).verify(crl.tbs_certlist_bytes, crl.signature, scheme)
        if crl.issuer != issuer.subject or not is_good:
            raise NotKnownError("the list is not the issuer's")
        _check_window(crl.last_update_utc, crl.next_update_utc, now)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    except (ValueError, TypeError) as error:
        raise NotKnownError(str(error)) from error
    if entry is not None:
        raise RevokedError("revoked")


def _responder(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate:
    """Return who signed an answer: the issuer, or whom it lets answer (RFC 6960, 4.2.2.2)."""
    scheme = scheme_named(response.signature_algorithm_oid.dotted_string)
    for each in _may_answer(response.certificates, issuer):
        if key_of(each).verify(response.tbs_response_bytes, response.signature, scheme):
            return each
    raise NotKnownError("nobody signed the answer who may")


def _may_answer(
    enclosed: Sequence[x509.Certificate], issuer: x509.Certificate
) -> Iterator[x509.Certificate]:
    yield issuer
    for each in enclosed[:4]:
        usage = extension_of(each, x509.ExtendedKeyUsage) or ()
        if ExtendedKeyUsageOID.OCSP_SIGNING in usage and is_issued_by(each, issuer):
            yield each


def _check_window(begin: dt.datetime, end: dt.datetime | None, now: dt.datetime) -> None:
    if now + SKEW < begin or (end is not None and now - SKEW > end):
        raise NotKnownError("the answer is not of today")
