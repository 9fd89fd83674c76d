"""Of certificates and requests: for which key they are, and whether a key signed them. Pure.

Nothing else asks `cryptography` for the key of a certificate or request (``make check`` sees to it): it
raises for SM2.
"""

from __future__ import annotations

from typing import TypeVar

from cryptography import x509

from agent.keys.der import Element, Tag, dotted, elements, first_of, read_element
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.schemes import scheme_of

_VERSION = 0xA0
_ISSUER, _SUBJECT = 2, 4
Signed = x509.Certificate | x509.CertificateSigningRequest
Value = TypeVar("Value", bound=x509.ExtensionType)


def key_of(holder: Signed) -> PublicKey:
    """Return the key a certificate or request is for; UnreadableKeyError."""
    try:
        if isinstance(holder, x509.Certificate):
            return PublicKey.read(_certificate_fields(holder)[5].encoded)
        signed = read_element(holder.tbs_certrequest_bytes).need(Tag.SEQUENCE)
        return PublicKey.read(list(elements(signed))[2].encoded)
    except (ValueError, IndexError) as error:
        raise UnreadableKeyError(str(error)) from error


def extension_of(certificate: x509.Certificate, kind: type[Value]) -> Value | None:
    """Return what an extension says; None where it is not there, or the extensions cannot be read.

    They are read all or none, so that an odd one stands in another's way: also a form of name that is
    allowed and not known here (RFC 5280, 4.2.1.6: x400Address, ediPartyName).
    """
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (
        ValueError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return None


def is_signed_by(signed: Signed, key: PublicKey) -> bool:
    """Return whether the signature of a certificate or request is by ``key``. Names are not compared.

    Raises:
        UnknownSchemeError: it is signed in a way that is not read here.
    """
    scheme = scheme_of(signed)
    if isinstance(signed, x509.Certificate):
        is_good = key.verify(signed.tbs_certificate_bytes, signed.signature, scheme)
        return is_good and _says_the_same_within(signed)
    return key.verify(signed.tbs_certrequest_bytes, signed.signature, scheme)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether a certificate names another as its issuer, and is signed with that one's key.

    Whether that one may issue is for others to say. False also for a key or an algorithm not known here.
    """
    try:
        return _names(certificate, issuer) and is_signed_by(certificate, key_of(issuer))
    except (ValueError, TypeError, IndexError):
        return False


def _names(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the issuer is named: byte for byte, which nobody has to read, or in other words."""
    name = _certificate_fields(certificate)[_ISSUER].encoded
    if name == _certificate_fields(issuer)[_SUBJECT].encoded:
        return True
    return certificate.issuer == issuer.subject


def _says_the_same_within(certificate: x509.Certificate) -> bool:
    """Return whether the signed part names the algorithm of the signature (RFC 5280, 4.1.1.2)."""
    try:
        algorithm = first_of(_certificate_fields(certificate)[1].need(Tag.SEQUENCE))
        return dotted(algorithm.need(Tag.OID)) == certificate.signature_algorithm_oid.dotted_string
    except (ValueError, IndexError):
        return False


def _certificate_fields(certificate: x509.Certificate) -> list[Element]:
    """Return the parts of TBSCertificate from the serial number on (RFC 5280, 4.1)."""
    fields = list(elements(read_element(certificate.tbs_certificate_bytes).need(Tag.SEQUENCE)))
    return fields[1:] if fields and fields[0].tag == _VERSION else fields
