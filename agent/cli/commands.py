"""The commands of ``odc-agent``, in the order ``--help`` has them; each room says what its own take.

Rooms are named here and their commands' parsers are made; what a command does is imported when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.cli.papers import commands as papers
from agent.cli.renewing import commands as renewing
from agent.cli.running import commands as running
from agent.cli.settings import commands as settings
from agent.cli.signing import commands as signing
from agent.cli.tokens import commands as tokens

if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers

_COMMANDS = (
    running.add_run,
    running.add_status,
    running.add_certs,
    tokens.add_forget,
    tokens.add_modules,
    running.add_renewals,
    running.add_watch,
    renewing.add_renew,
    renewing.add_renewal,
    renewing.add_licence,
    signing.add_sign,
    signing.add_verify,
    tokens.add_pin,
    running.add_check,
    settings.add_config,
    papers.add_dossier,
    papers.add_applicant,
    papers.add_letter,
    running.add_window,
    settings.add_sites,
    running.add_metrics,
    running.add_update,
    running.add_restart,
    running.add_quit,
)


def add_to(subparsers: Subparsers) -> None:
    """Add all commands."""
    for add in _COMMANDS:
        add(subparsers)
