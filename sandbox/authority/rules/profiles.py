"""What the sandbox's certificates look like: subjects, key usages, extensions. Pure.

Organisation certificates follow what public sources say of Guangdong's authorities: the subject of
C, ST, L, O = CN, the Shenzhen entity id and the USCC in extensions of their own.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum, unique

from asn1crypto import core
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from sandbox.authority.rules.certificate_draft import CertificateDraft, Extension, Validity

SHENZHEN_ENTITY_ID = ObjectIdentifier("2.16.156.112548")
"""The Shenzhen e-government entity id, used alike by NETCA, GDCA and SZCA."""
USCC_ID = ObjectIdentifier("1.2.156.10260.4.1.4")
"""统一社会信用代码 (GM/T 0015)."""

KEY_GENERATION_AUTHORITY = ObjectIdentifier("1.3.6.1.5.5.7.3.32")
"""id-kp-cmKGA (RFC 9480): who may sign the private keys it generated for others."""


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


def root_name(family: Family = Family.RSA) -> x509.Name:
    """Return the name of the root with such a key, shaped like a real authority's and plainly not one."""
    kind = " SM2" if family is Family.SM2 else ""
    return _named(f"ODC Sandbox Organization{kind} CA")


def _named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ODC Sandbox Authority"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
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


def root_draft(name: x509.Name, key: PublicKey, validity: Validity) -> CertificateDraft:
    """Return a root, which its own key is to sign."""
    return CertificateDraft(
        subject=name,
        key=key,
        validity=validity,
        extensions=(
            Extension(x509.BasicConstraints(ca=True, path_length=0), critical=True),
            _key_usage(key_cert_sign=True, crl_sign=True),
        ),
    )


def tls_draft(key: PublicKey, validity: Validity) -> CertificateDraft:
    """Return the certificate of the loopback TLS server."""
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return CertificateDraft(
        subject=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
        key=key,
        validity=validity,
        extensions=(
            _NO_AUTHORITY,
            _key_usage(digital_signature=True),
            Extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
            Extension(x509.SubjectAlternativeName(names)),
        ),
    )


def subject_draft(subject: x509.Name, key: PublicKey, validity: Validity) -> CertificateDraft:
    """Return a signing certificate of any subject."""
    extensions = (_NO_AUTHORITY, _key_usage(digital_signature=True))
    return CertificateDraft(subject=subject, key=key, validity=validity, extensions=extensions)


def key_centre_draft(key: PublicKey, validity: Validity) -> CertificateDraft:
    """Return the key centre's certificate: it signs generated keys, nothing else."""
    return CertificateDraft(
        subject=_named("ODC Sandbox Key Centre"),
        key=key,
        validity=validity,
        extensions=(
            _NO_AUTHORITY,
            _key_usage(digital_signature=True),
            Extension(x509.ExtendedKeyUsage([KEY_GENERATION_AUTHORITY]), critical=True),
        ),
    )


def organisation_draft(
    organisation: Organisation, use: CertificateUse, key: PublicKey, validity: Validity
) -> CertificateDraft:
    """Return one certificate of an organisation's pair."""
    usage = (
        _key_usage(digital_signature=True, content_commitment=True)
        if use is CertificateUse.SIGNING
        else _key_usage(key_encipherment=True, data_encipherment=True)
    )
    return CertificateDraft(
        subject=organisation_name(organisation),
        key=key,
        validity=validity,
        extensions=(
            _NO_AUTHORITY,
            usage,
            _text(SHENZHEN_ENTITY_ID, organisation.entity_id),
            _text(USCC_ID, organisation.uscc),
        ),
    )


_NO_AUTHORITY = Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)


def _text(oid: ObjectIdentifier, text: str) -> Extension:
    return Extension(x509.UnrecognizedExtension(oid, core.UTF8String(text).dump()))


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_encipherment: bool = False,
    data_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> Extension:
    usage = x509.KeyUsage(
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
    return Extension(usage, critical=True)
