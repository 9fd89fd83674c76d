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
        if not _is_about(response, certificate, issuer):
            raise NotKnownError("the answer is about another certificate")
        responder = _responder(response, issuer, now)
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
        _check_is_of_all(crl, certificate)
        _check_window(crl.last_update_utc, crl.next_update_utc, now)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    except (ValueError, TypeError) as error:
        raise NotKnownError(str(error)) from error
    if entry is not None:
        raise RevokedError("revoked")


def _check_is_of_all(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    """Raise NotKnownError unless whoever is not on a list is not revoked (RFC 5280, 5.2 and 6.3.3).

    A list may be of some certificates only, for some reasons, or of what is new since another.
    """
    try:
        for each in crl.extensions:
            if isinstance(each.value, x509.IssuingDistributionPoint):
                _check_has_all_like(each.value, certificate)
            elif each.critical or isinstance(each.value, x509.DeltaCRLIndicator):
                raise NotKnownError("the list is of a kind that is not read here")
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise NotKnownError(str(error)) from error


def _check_has_all_like(
    scope: x509.IssuingDistributionPoint, certificate: x509.Certificate
) -> None:
    constraints = extension_of(certificate, x509.BasicConstraints)
    is_authority = constraints is not None and constraints.ca
    is_of_others = (
        scope.only_contains_attribute_certs
        or scope.indirect_crl
        or scope.only_some_reasons is not None
        or (scope.only_contains_user_certs and is_authority)
        or (scope.only_contains_ca_certs and not is_authority)
    )
    if is_of_others or not _is_named_place(scope, certificate):
        raise NotKnownError("the list is of other certificates")


def _is_named_place(scope: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    """Return whether a list of one place is that of a place which the certificate names."""
    if scope.relative_name is not None:
        return False
    if scope.full_name is None:
        return True
    points = extension_of(certificate, x509.CRLDistributionPoints) or ()
    named = [name for point in points for name in point.full_name or ()]
    return any(name in named for name in scope.full_name)


def _is_about(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    """Return whether an answer is about a certificate of that issuer (RFC 6960, 3.2): others count, too."""
    key = hashes.Hash(response.hash_algorithm)
    key.update(key_of(issuer).bits)
    is_number = response.serial_number == certificate.serial_number
    return is_number and response.issuer_key_hash == key.finalize()


def _responder(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, now: dt.datetime
) -> x509.Certificate:
    """Return who signed an answer: the issuer, or whom it lets answer (RFC 6960, 4.2.2.2)."""
    scheme = scheme_named(response.signature_algorithm_oid.dotted_string)
    for each in _may_answer(response.certificates, issuer, now):
        if key_of(each).verify(response.tbs_response_bytes, response.signature, scheme):
            return each
    raise NotKnownError("nobody signed the answer who may")


def _may_answer(
    enclosed: Sequence[x509.Certificate], issuer: x509.Certificate, now: dt.datetime
) -> Iterator[x509.Certificate]:
    yield issuer
    for each in enclosed[:4]:
        usage = extension_of(each, x509.ExtendedKeyUsage) or ()
        is_named = ExtendedKeyUsageOID.OCSP_SIGNING in usage
        is_valid = each.not_valid_before_utc <= now <= each.not_valid_after_utc
        if is_named and is_valid and is_issued_by(each, issuer):
            yield each


def _check_window(begin: dt.datetime, end: dt.datetime | None, now: dt.datetime) -> None:
    if now + SKEW < begin or (end is not None and now - SKEW > end):
        raise NotKnownError("the answer is not of today")
