"""Tokens, certificates and prompts that no desk has at hand: shapes of the real API, invented values."""

from __future__ import annotations

import datetime as dt
from typing import Any

from agent.api.views import CertificateView, ChainView, PinPrompt, TokenList, TokenView
from agent.certificates.chain import ChainState
from agent.certificates.model import CertificateStatus, CertificateUse
from agent.tokens.model import PinLimits, PinState
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
        "slot": number,
        "pin_state": PinState.OK,
    }
    return TokenView(**{**usual, **values}, certificates=certificates)


def tokens(*listed: TokenView) -> TokenList:
    return TokenList(tokens=listed, problems=())


def prompt(**values: Any) -> PinPrompt:
    usual = {
        "endpoint": "/nowhere",
        "token_label": "ODC-USBKEY",
        "token_serial": "000000000001",
        "pin_state": PinState.OK,
        "purpose": PinPurpose.CHANGE,
        "has_pin_pad": False,
        "pin_limits": PinLimits(shortest=4, longest=16),
    }
    return PinPrompt(**{**usual, **values})
