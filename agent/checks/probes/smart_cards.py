"""What the smart card service (PC/SC) answers."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from smartcard import scard

from agent.checks.verdicts.smart_cards import Service, SmartCards
from agent.tokens.events.pcsc import held_readers, reason_of

_MISSING = {scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED}
_FORBIDDEN = {scard.SCARD_W_SECURITY_VIOLATION, scard.SCARD_E_NO_ACCESS}
_DAEMON_FOLDERS = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin"
_SOCKET = Path("/run/pcscd/pcscd.comm")


def look_at_smart_cards(*, has_token: bool) -> SmartCards:
    """Ask the service for its readers; this may hang with a service that hangs."""
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code:
        return _refused(code, has_token)
    try:
        code, readers = scard.SCardListReaders(context, [])
    finally:
        scard.SCardReleaseContext(context)
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        readers = []
    elif code:
        return _refused(code, has_token)
    return SmartCards(service=Service.RUNS, readers=len(readers), has_token=has_token)


def _refused(code: int, has_token: bool) -> SmartCards:
    if code in _FORBIDDEN or (code in _MISSING and _is_barred()):
        service = Service.FORBIDDEN
    else:
        service = Service.MISSING if code in _MISSING else Service.BROKEN
    return SmartCards(
        service=service,
        reason=reason_of(code),
        is_installed=_is_installed(),
        has_token=has_token,
        system=sys.platform,
    )


def _is_barred() -> bool:
    """Return whether the daemon's socket is there and this user may not open it."""
    try:
        return _SOCKET.is_socket() and not os.access(_SOCKET, os.W_OK)
    except OSError:
        return True


def _is_installed() -> bool:
    """Return whether the daemon is on this computer; Windows and macOS always have it."""
    return sys.platform != "linux" or shutil.which("pcscd", path=_DAEMON_FOLDERS) is not None


def look_for_holders() -> tuple[str, ...]:
    """Return the readers whose card another program has for itself."""
    return tuple(held_readers())
