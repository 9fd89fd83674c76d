"""The agent as far as a tray sees it: the real server and registry, with fixed answers."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncIterator

import msgspec

from agent.api.registry import Call, Connection, NoParams, Registry, Role
from agent.api.server import Server
from agent.api.views.certificates import CertificateView
from agent.api.views.renewals import RenewalList, RenewalView
from agent.api.views.status import StatusView
from agent.api.views.tokens import TokenList, TokenView
from agent.api.window_names import WindowName
from agent.certificates.days import CertificateStatus
from agent.certificates.model import CertificateUse
from agent.desktop.windows import NoWindowError
from agent.tokens.model import ModuleKind, PinState

ORGANISATION = "深圳市样例有限公司"


def certificate(
    use: CertificateUse = CertificateUse.SIGNING,
    *,
    days: int = -961,
    text: str = "已过期961天",
    organisation: str = ORGANISATION,
) -> CertificateView:
    now = dt.datetime(2025, 3, 7, tzinfo=dt.UTC)
    return CertificateView(
        thumbprint="ab" * 32,
        use=use,
        subject=f"CN={organisation},C=CN",
        organisation=organisation,
        uscc=None,
        issuer="CN=NETCA Organization ClassA CA",
        serial="01",
        not_before=now + dt.timedelta(days=days - 365),
        not_after=now + dt.timedelta(days=days),
        days_left=days,
        status=CertificateStatus.EXPIRED if days < 0 else CertificateStatus.VALID,
        text=text,
        algorithm="RSA 2048",
        has_private_key=None,
        container="",
        is_current=use is not CertificateUse.OTHER,
    )


def token(*certificates: CertificateView, label: str = "ODC") -> TokenView:
    return TokenView(
        label=label,
        serial="1",
        model="SoftHSM v2",
        manufacturer="SoftHSM",
        module="libsofthsm2.so",
        driver=ModuleKind.PKCS11,
        slot=0,
        pin_state=PinState.OK,
        tries_left=None,
        tries_most=None,
        is_factory_pin=False,
        free_bytes=None,
        certificates=certificates,
        present=True,
    )


def token_list(*tokens: TokenView) -> TokenList:
    return TokenList(tokens=tokens, problems=())


EXPIRED_PAIR = token_list(token(certificate(), certificate(CertificateUse.ENCRYPTION)))


def status(tokens: TokenList) -> StatusView:
    found = [c for token in tokens.tokens for c in token.certificates]
    worst = min(found, key=lambda c: c.days_left, default=None)
    return StatusView(
        version="0.1.0",
        pid=1,
        home="/nowhere",
        started=dt.datetime(2025, 3, 7, tzinfo=dt.UTC),
        tokens=len(tokens.tokens),
        certificates=len(found),
        pairs=len(tokens.tokens),
        expired=sum(c.status is CertificateStatus.EXPIRED for c in found),
        expiring=0,
        worst=worst.status if worst else None,
        worst_text=worst.text if worst else "",
        renewals_under_way=0,
        problems=(),
    )


class WindowParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: WindowName
    subject: str | None = None


class TrayAgent:
    """Answers a tray, and remembers what it asked for."""

    def __init__(self, tokens: TokenList = EXPIRED_PAIR) -> None:
        self.tokens = tokens
        self.windows: asyncio.Queue[str] = asyncio.Queue()
        self.has_windows = True
        self.prepared = 0
        self.renewals: tuple[RenewalView, ...] = ()
        self.quit = asyncio.Event()
        self._followers: list[Connection] = []
        registry = Registry()
        registry.add("agent.status", NoParams, self._status, Role.TRAY)
        registry.add("agent.quit", NoParams, self._quit, Role.TRAY)
        registry.add("tokens.list", NoParams, self._list, Role.TRAY)
        registry.add("renewals.list", NoParams, self._renewals, Role.TRAY)
        registry.add("events.subscribe", NoParams, self._subscribe, Role.TRAY)
        registry.add("windows.open", WindowParams, self._open, Role.TRAY)
        registry.add("windows.prepare", NoParams, self._prepare, Role.TRAY)
        self.server = Server(registry)

    async def adopt(self, inherited: socket.socket) -> Connection:
        return await self.server.adopt(inherited, Role.TRAY)

    def change(self, tokens: TokenList) -> None:
        """Plug something in or out, and say so."""
        self.tokens = tokens
        for follower in self._followers:
            follower.notify("event", {"event": "tokens_changed"})

    async def _status(self, _call: Call, _params: NoParams) -> StatusView:
        return status(self.tokens)

    async def _list(self, _call: Call, _params: NoParams) -> TokenList:
        return self.tokens

    async def _renewals(self, _call: Call, _params: NoParams) -> RenewalList:
        return RenewalList(renewals=self.renewals)

    async def _subscribe(self, call: Call, _params: NoParams) -> dict[str, str]:
        self._followers.append(call.connection)
        return {}

    async def _open(self, _call: Call, params: WindowParams) -> dict[str, str]:
        if not self.has_windows:
            raise NoWindowError
        self.windows.put_nowait(f"{params.name} {params.subject or ''}".strip())
        return {}

    async def _prepare(self, _call: Call, _params: NoParams) -> dict[str, str]:
        self.prepared += 1
        return {}

    async def _quit(self, _call: Call, _params: NoParams) -> dict[str, str]:
        self.quit.set()
        return {}


@contextlib.asynccontextmanager
async def tray_agent(tokens: TokenList = EXPIRED_PAIR) -> AsyncIterator[TrayAgent]:
    agent = TrayAgent(tokens)
    try:
        yield agent
    finally:
        await agent.server.close()
