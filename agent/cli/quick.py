"""The command lines that scripts and people have run all day, understood without a parser.

Loading argparse and making a parser of it takes longer than asking the agent and printing what it says.
"""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def quick(arguments: Sequence[str]) -> Callable[[], int] | None:
    """Return what a command line does; None where it takes a parser to know, or to say what is wrong."""
    command, options = "".join(arguments[:1]), list(arguments[1:])
    if command not in ("status", "certs") or options not in ([], ["--json"]):
        return None
    from agent.cli.running import listing  # noqa: PLC0415 - all other commands come by here too

    if command == "status":
        return partial(listing.status, as_json=bool(options))
    return partial(listing.certs, as_json=bool(options), has_all=False)
