"""The command ``odc-agent``: parses, calls the agent, prints. Nothing else happens here.

Modules that a command does not need are not imported: most commands are over in a blink.
"""

from __future__ import annotations

import sys
from functools import partial

from agent.api.client import CallError
from agent.cli.ground.outcome import Exit, explain
from agent.cli.ground.output import say
from agent.cli.quick import quick
from agent.ground.errors import OdcError
from agent.ground.language import speak
from agent.ground.streams import replace_what_cannot_be_said
from agent.settings.language import configured_language
from agent.system.runtime import RuntimeFolderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    replace_what_cannot_be_said()
    speak(configured_language())
    arguments = sys.argv[1:] if arguments is None else arguments
    run = quick(arguments) or _parsed(arguments)
    try:
        return int(run())
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # `odc-agent watch | head` is no failure; keep Python from complaining at exit.
        sys.stderr.close()
        return Exit.DONE
    except (OdcError, CallError) as error:
        return explain(error)
    except RuntimeFolderError as error:
        say(error, file=sys.stderr)
        return Exit.FAILED


def _parsed(arguments: Sequence[str]) -> Callable[[], int]:
    """Return what a command line does that takes a parser to know; it ends the process on a wrong one."""
    from agent.cli.commands import command_parser  # noqa: PLC0415 - see quick.py

    options = command_parser(next(iter(arguments), "")).parse_args(arguments)
    return partial(options.run, options)
