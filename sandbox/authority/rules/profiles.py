"""What the sandbox's certificates look like: subjects, key usages, extensions. Pure.

Organisation certificates follow what public sources say of Guangdong's authorities: the subject of
C, ST, L, O = CN, the Shenzhen entity id and the USCC in extensions of their own.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from enum import StrEnum, unique

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SHENZHEN_ENTITY_ID = ObjectIdentifier("2.16.156.112548")
"""The Shenzhen e-government entity id, used alike by NETCA, GDCA and SZCA."""
USCC_ID = ObjectIdentifier("1.2.156.10260.4.1.4")
"""统一社会信用代码 (GM/T 0015)."""

KEY_GENERATION_AUTHORITY = ObjectIdentifier("1.3.6.1.5.5.7.3.32")
"""id-kp-cmKGA (RFC 9480): who may sign the private keys it generated for others."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@unique
class CertificateUse(StrEnum):
    """Which half of an organisation's pair a certificate is."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"


@dataclass(frozen=True)
class Organisation:
    """An organisation that holds certificates."""

    name: str
    uscc: str

    @property
    def entity_id(self) -> str:
        """Its (invented) Shenzhen entity id: the organisation code inside the USCC."""
        return f"SZ{self.uscc[8:17]}"


@dataclass(frozen=True)
class Validity:
    """From when until when a certificate is valid, both ends included."""

    not_before: dt.datetime
    not_after: dt.datetime


def root_name() -> x509.Name:
    """Return the root's name, shaped like a real authority's and plainly not one."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ODC Sandbox Authority"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, "ODC Sandbox Organization CA"),
        ]
    )


def organisation_name(organisation: Organisation) -> x509.Name:
    """Return the subject of an organisation's certificates."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Guangdong"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "深圳市"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation.name),
            x509.NameAttribute(NameOID.COMMON_NAME, organisation.name),
        ]
    )


def root_builder(key: PublicKey, validity: Validity) -> x509.CertificateBuilder:
    """Return the self-signed root, unsigned yet."""
    return (
        _builder(root_name(), key, validity, issuer_key=key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )


def tls_builder(
    key: PublicKey, validity: Validity, *, issuer_key: PublicKey
) -> x509.CertificateBuilder:
    """Return the certificate of the loopback TLS server, unsigned yet."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        _builder(name, key, validity, issuer_key=issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )


def subject_builder(
    subject: x509.Name, key: PublicKey, validity: Validity, *, issuer_key: PublicKey
) -> x509.CertificateBuilder:
    """Return a signing certificate of any subject, unsigned yet."""
    return (
        _builder(subject, key, validity, issuer_key=issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
    )


def key_centre_builder(
    key: PublicKey, validity: Validity, *, issuer_key: PublicKey
) -> x509.CertificateBuilder:
    """Return the key centre's certificate, unsigned yet: it signs generated keys, nothing else."""
    name = x509.Name(
        [
            *(attribute for attribute in root_name() if attribute.oid != NameOID.COMMON_NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, "ODC Sandbox Key Centre"),
        ]
    )
    return (
        _builder(name, key, validity, issuer_key=issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([KEY_GENERATION_AUTHORITY]), critical=True)
    )


def organisation_builder(
    organisation: Organisation,
    use: CertificateUse,
    key: PublicKey,
    validity: Validity,
    *,
    issuer_key: PublicKey,
) -> x509.CertificateBuilder:
    """Return one certificate of an organisation's pair, unsigned yet."""
    usage = (
        _key_usage(digital_signature=True, content_commitment=True)
        if use is CertificateUse.SIGNING
        else _key_usage(key_encipherment=True, data_encipherment=True)
    )
    return (
        _builder(organisation_name(organisation), key, validity, issuer_key=issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_text(SHENZHEN_ENTITY_ID, organisation.entity_id), critical=False)
        .add_extension(_text(USCC_ID, organisation.uscc), critical=False)
    )


def _builder(
    subject: x509.Name, key: PublicKey, validity: Validity, *, issuer_key: PublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root_name())
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _text(oid: ObjectIdentifier, text: str) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(oid, core.UTF8String(text).dump())


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_encipherment: bool = False,
    data_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=key_encipherment,
        data_encipherment=data_encipherment,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
