"""Who a certificate belongs to: the authorities' own OIDs for an organisation's identity.

The table is data, so that configuration can extend it; its facts come from public certificates of
the authorities (GM/T 0015 for 1.2.156.10260.4.1.4).
"""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID
from stdnum.cn import uscc as uscc_rules

IDENTITY_OIDS: tuple[str, ...] = (
    "2.16.156.112548",  # Shenzhen e-government entity id, alike for NETCA, GDCA and SZCA
    "1.2.156.10260.4.1.4",  # 组织机构代码 / 统一社会信用代码, GM/T 0015
    "1.2.86.11.7.4",  # the same in older RSA certificates
)
"""Extensions that can carry the USCC, the most telling first."""


def organisation_name(name: x509.Name) -> str:
    """Return the organisation's name in a subject: O, else CN, else empty."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        values = name.get_attributes_for_oid(oid)
        if values:
            value = values[0].value
            return value if isinstance(value, str) else value.decode("utf-8", "replace")
    return ""


def find_uscc(extensions: x509.Extensions, oids: tuple[str, ...] = IDENTITY_OIDS) -> str | None:
    """Return the first value under ``oids`` whose USCC check character (GB 32100) is right."""
    values = {
        extension.oid.dotted_string: extension.value.value
        for extension in extensions
        if isinstance(extension.value, x509.UnrecognizedExtension)
    }
    for oid in oids:
        text = _text(values.get(oid, b""))
        if uscc_rules.is_valid(text):
            return str(uscc_rules.compact(text))
    return None


def _text(value: bytes) -> str:
    """Decode an extension's value: a DER string, or bare bytes as some authorities write it."""
    # A DER string of this length is always tag, one length byte, content.
    if len(value) >= 2 and value[0] in (0x0C, 0x13, 0x16) and value[1] == len(value) - 2:
        value = value[2:]
    return value.decode("utf-8", "replace").strip()
