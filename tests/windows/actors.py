"""Tokens, certificates and prompts that no desk has at hand: shapes of the real API, invented values."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.api.views.certificates import CertificateDetails, CertificateView, ChainView, DetailView
from agent.api.views.pins import PinPrompt
from agent.api.views.remembered import RememberedTokenView, seen_text
from agent.api.views.tokens import TokenList, TokenView
from agent.certificates.chain import ChainState
from agent.certificates.days import CertificateStatus
from agent.certificates.details import details
from agent.certificates.model import CertificateUse
from agent.certificates.parsing import parse_certificate
from agent.ground.language import Language, translate_count
from agent.tokens.model import ModuleKind, PinLimits, PinState
from agent.tokens.pin_states import PinPurpose

ORGANISATION = "深圳市样例有限公司"
TODAY = dt.datetime(2025, 3, 7, 4, tzinfo=dt.UTC)


def certificate(
    use: CertificateUse = CertificateUse.SIGNING,
    *,
    days: int = -961,
    organisation: str = ORGANISATION,
    number: int = 0,
    **values: Any,
) -> CertificateView:
    end = TODAY + dt.timedelta(days=days)
    status = CertificateStatus.EXPIRED if days < 0 else CertificateStatus.VALID
    if 0 <= days <= 90:
        status = CertificateStatus.EXPIRING
    usual = {
        "thumbprint": f"{number:02x}{'5a' if use is CertificateUse.SIGNING else 'ee'}".ljust(
            64, "7"
        ),
        "use": use,
        "subject": f"CN={organisation},O={organisation},L=深圳市,ST=Guangdong,C=CN",
        "organisation": organisation,
        "uscc": "91440300MA5DA0000F",
        "issuer": "CN=NETCA Organization ClassA CA,OU=Organization ClassA CA,"
        "O=NETCA Certificate Authority,C=CN",
        "serial": "3f2a",
        "not_before": end - dt.timedelta(days=384),
        "not_after": end,
        "days_left": days,
        "status": status,
        "text": f"已过期{-days}天" if days < 0 else f"剩余{days}天",
        "algorithm": "RSA 2048",
        "has_private_key": None,
        "container": "",
        "is_current": use is not CertificateUse.OTHER,
        "pair": None if use is CertificateUse.OTHER else 1,
        "chain": ChainView(state=ChainState.TRUSTED, text="由受信任机构颁发", path=()),
    }
    return CertificateView(**{**usual, **values})


def pair(**values: Any) -> tuple[CertificateView, ...]:
    return tuple(
        certificate(use, **values) for use in (CertificateUse.SIGNING, CertificateUse.ENCRYPTION)
    )


def token(
    *certificates: CertificateView, label: str = "ODC-USBKEY", number: int = 1, **values: Any
) -> TokenView:
    usual = {
        "label": label,
        "serial": f"{number:012d}",
        "model": "SoftHSM v2",
        "manufacturer": "SoftHSM project",
        "module": "/usr/lib/softhsm/libsofthsm2.so",
        "driver": ModuleKind.PKCS11,
        "slot": number,
        "pin_state": PinState.OK,
        "tries_left": None,
        "tries_most": None,
        "is_factory_pin": False,
        "free_bytes": None,
        "present": True,
    }
    return TokenView(**{**usual, **values}, certificates=certificates)


def tokens(*listed: TokenView, remembered: Iterable[RememberedTokenView] = ()) -> TokenList:
    return TokenList(tokens=listed, remembered=tuple(remembered), problems=())


def put_away(
    held: TokenView, language: Language = Language.ZH, *, days: int = 364
) -> RememberedTokenView:
    """Return a token as it is known in its drawer, last seen so many days ago."""
    seen = TODAY - dt.timedelta(days=days)
    facts = {name: getattr(held, name) for name in ("label", "serial", "model", "manufacturer")}
    return RememberedTokenView(
        **facts,
        module=held.module,
        last_seen=seen,
        text=seen_text(seen, language),
        certificates=held.certificates,
    )


def prompt(**values: Any) -> PinPrompt:
    usual = {
        "endpoint": "/nowhere",
        "token_label": "ODC-USBKEY",
        "token_serial": "000000000001",
        "pin_state": PinState.OK,
        "tries_left": None,
        "tries_most": None,
        "is_factory_pin": False,
        "purpose": PinPurpose.CHANGE,
        "has_pin_pad": False,
        "pin_limits": PinLimits(shortest=4, longest=16),
    }
    return PinPrompt(**{**usual, **values})


PORTALS = [
    {"name": name, "url": f"https://portal{number}.example.gov.cn/"}
    for number, name in enumerate(
        ("网上办事大厅", "住房公积金", "商事登记", "政府采购", "会计从业人员网上业务办理"), 1
    )
]


def in_words(held: TokenView, language: Language) -> TokenView:
    """Return a token with the sentences the agent would have made for ``language``."""
    return msgspec.structs.replace(
        held,
        certificates=tuple(
            msgspec.structs.replace(c, text=_days(c.days_left, language)) for c in held.certificates
        ),
    )


def _days(days: int, language: Language) -> str:
    if days < 0:
        return translate_count(
            "expired {count} day ago", "expired {count} days ago", -days, language
        )
    return translate_count("{count} day left", "{count} days left", days, language)


def details_of(*listed: TokenView, language: Language) -> Callable[[dict[str, Any]], Any]:
    """Return what answers ``certificates.get`` for the certificates on these tokens."""
    found = {c.thumbprint: c for held in listed for c in held.certificates}

    def answer(given: dict[str, Any]) -> CertificateDetails:
        shown = found[given["thumbprint"]]
        der = self_signed(shown.organisation)
        certificate = parse_certificate(der)
        lines = details(certificate, language)
        return CertificateDetails(
            thumbprint=shown.thumbprint,
            subject={"C": "CN", "ST": "Guangdong", "L": "深圳市", "O": shown.organisation},
            issuer={"CN": "NETCA Organization ClassA CA"},
            details=tuple(DetailView(name=line.name, value=line.value) for line in lines),
            der=base64.b64encode(der).decode(),
            pem=ssl.DER_cert_to_PEM_cert(der),
        )

    return answer


@functools.cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(0x51EEB, ec.SECP256R1())


def self_signed(organisation: str) -> bytes:
    """Return a real certificate of an invented organisation."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Guangdong"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "深圳市"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation, _validate=False),
        ]
    )
    key = _key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x3F2A)
        .not_valid_before(TODAY - dt.timedelta(days=1345))
        .not_valid_after(TODAY - dt.timedelta(days=961))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
