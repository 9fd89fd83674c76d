"""The commands of ``odc-agent``, in the order ``--help`` has them; each room says what its own take.

Rooms are named here and their commands' parsers are made; what a command does is imported when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from agent.cli.papers import commands as papers
from agent.cli.renewing import commands as renewing
from agent.cli.running import commands as running
from agent.cli.settings import commands as settings
from agent.cli.signing import commands as signing
from agent.cli.tokens import commands as tokens

if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers

_COMMANDS: Mapping[str, Callable[[Subparsers], object]] = {
    "run": running.add_run,
    "status": running.add_status,
    "certs": running.add_certs,
    "forget": tokens.add_forget,
    "modules": tokens.add_modules,
    "renewals": running.add_renewals,
    "watch": running.add_watch,
    "renew": renewing.add_renew,
    "renewal": renewing.add_renewal,
    "licence": renewing.add_licence,
    "sign": signing.add_sign,
    "verify": signing.add_verify,
    "pin": tokens.add_pin,
    "check": running.add_check,
    "config": settings.add_config,
    "dossier": papers.add_dossier,
    "applicant": papers.add_applicant,
    "letter": papers.add_letter,
    "window": running.add_window,
    "sites": settings.add_sites,
    "metrics": running.add_metrics,
    "update": running.add_update,
    "restart": running.add_restart,
    "quit": running.add_quit,
}


def add_to(subparsers: Subparsers, command: str = "") -> None:
    """Add ``command`` alone; all commands where there is none of that name."""
    for add in [_COMMANDS[command]] if command in _COMMANDS else _COMMANDS.values():
        add(subparsers)
