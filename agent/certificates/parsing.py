"""Reading a certificate: DER in, facts out. SM2 keys are named without being understood."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from agent.certificates.model import Certificate, CertificateUse
from agent.certificates.organisation import find_uscc, organisation_name

_SM2_CURVE_DER = bytes.fromhex("06082a811ccf5501822d")  # OBJECT IDENTIFIER 1.2.156.10197.1.301
_SM2_SIGNATURE = "1.2.156.10197.1.501"


class CertificateDamagedError(ValueError):
    """The bytes are not a certificate that can be read."""


def thumbprint(der: bytes) -> str:
    """Return the lower-case hex SHA-256 of a certificate's DER: its name everywhere in this program."""
    return hashlib.sha256(der).hexdigest()


def parse_certificate(der: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        CertificateDamagedError: ``der`` is not a certificate, or one of its parts cannot be read.
    """
    try:
        return _read(der, x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension) as error:
        raise CertificateDamagedError(str(error)) from error


def _read(der: bytes, certificate: x509.Certificate) -> Certificate:
    extensions = _extensions(certificate)
    return Certificate(
        der=der,
        thumbprint=thumbprint(der),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_name=_common_name(certificate.subject),
        organisation=organisation_name(certificate.subject),
        uscc=find_uscc(extensions),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        use=_use(extensions),
        algorithm=_algorithm(certificate),
        is_ca=_is_ca(extensions),
    )


def _extensions(certificate: x509.Certificate) -> x509.Extensions:
    """Return the extensions; none where one has a name form (RFC 5280, 4.2.1.6) nobody reads."""
    try:
        return certificate.extensions
    except x509.UnsupportedGeneralNameType:
        return x509.Extensions([])


def _common_name(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else ""


def _use(extensions: x509.Extensions) -> CertificateUse:
    """Sort by key usage; a key that may both sign and encrypt is a signing key."""
    if _is_ca(extensions):
        return CertificateUse.OTHER
    try:
        usage = extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    except x509.ExtensionNotFound:
        return CertificateUse.OTHER
    assert isinstance(usage, x509.KeyUsage)
    if usage.digital_signature or usage.content_commitment:
        return CertificateUse.SIGNING
    if usage.key_encipherment or usage.data_encipherment or usage.key_agreement:
        return CertificateUse.ENCRYPTION
    return CertificateUse.OTHER


def _is_ca(extensions: x509.Extensions) -> bool:
    try:
        constraints = extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS).value
    except x509.ExtensionNotFound:
        return False
    assert isinstance(constraints, x509.BasicConstraints)
    return constraints.ca


def _algorithm(certificate: x509.Certificate) -> str:
    if certificate.signature_algorithm_oid.dotted_string == _SM2_SIGNATURE:
        return "SM2"
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        # SM2 keys call themselves EC keys; only the curve in their parameters tells.
        is_sm2 = _SM2_CURVE_DER in certificate.tbs_certificate_bytes
        return "SM2" if is_sm2 else certificate.public_key_algorithm_oid.dotted_string
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return certificate.public_key_algorithm_oid.dotted_string
