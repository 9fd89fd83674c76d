"""``odc-sandbox faults``: let the next answers go wrong, to see how a client takes it."""

from __future__ import annotations

import argparse

from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.authority.store import Store
from sandbox.commands.common import Subcommands, add_command, home_of, not_negative
from sandbox.faults.planning import Faults
from sandbox.home import SandboxError

_EXAMPLES = f"""\
  odc-sandbox faults add 'POST */complete' cut_after
  odc-sandbox faults add 'GET */policy' 503 --times 3 --seconds 2
  odc-sandbox faults list
  odc-sandbox faults clear

kinds: {", ".join(FaultKind)}
Only a sandbox started with --faults acts on them.
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "faults",
        _run,
        summary="plan faults for a sandbox run with --faults",
        examples=_EXAMPLES,
    )
    parser.add_argument("action", choices=("add", "list", "clear"))
    parser.add_argument("route", nargs="?", metavar="ROUTE", help="such as 'POST */complete'")
    parser.add_argument("kind", nargs="?", metavar="KIND", choices=tuple(FaultKind))
    parser.add_argument("--times", type=not_negative, default=1, metavar="N")
    parser.add_argument("--seconds", type=float, default=1.0, help="for kinds that take time")


def _run(options: argparse.Namespace) -> int:
    faults = Faults(Store(home_of(options).database))
    if options.action == "clear":
        faults.clear()
    elif options.action == "list":
        for fault in faults.planned():
            print(f"{fault.route}  {fault.kind}  x{fault.times}  {fault.seconds:g} s")
    elif options.route is None or options.kind is None:
        raise SandboxError("a fault needs a ROUTE and a KIND")
    else:
        faults.plan(
            Fault(
                route=options.route,
                kind=FaultKind(options.kind),
                times=options.times,
                seconds=options.seconds,
            )
        )
    return 0
