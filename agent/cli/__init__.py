"""The command ``odc-agent``: parses, calls the agent, prints. Nothing else happens here.

Modules that a command does not need are not imported: most commands are over in a blink.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from agent import __version__
from agent.api.client import CallError
from agent.cli import commands
from agent.cli.ground.outcome import Exit, explain
from agent.cli.ground.output import say
from agent.ground.errors import OdcError
from agent.ground.language import speak
from agent.ground.streams import replace_what_cannot_be_said
from agent.settings.language import configured_language
from agent.system.paths import find_paths
from agent.system.runtime import RuntimeFolderError

_EXAMPLES = """examples:
  odc-agent status               is the agent running, how are the certificates
  odc-agent certs --json         everything on all tokens, for programs
  odc-agent watch                a line for each thing that happens
  odc-agent renew                renew the certificate that needs it, step by step
  odc-agent renewal show         how that stands; then amend, sms, install, cancel
  odc-agent licence update       fetch the business licence anew
  odc-agent pin change           change the PIN of the token
  odc-agent check                is everything there that a certificate needs
  odc-agent config show          the settings; config set changes one
  odc-agent sites list           which web sites may ask for what

exit codes: 0 done, 1 failed, 2 wrong usage, 3 the agent cannot be reached,
            4 something is needed first (it is said what), 5 the review asks for amendments,
            10 to 17 a renewal is under way (`odc-agent renewal --help`)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    replace_what_cannot_be_said()
    speak(configured_language(find_paths()))
    arguments = sys.argv[1:] if arguments is None else arguments
    options = command_parser(next(iter(arguments), "")).parse_args(arguments)
    try:
        return int(options.run(options))
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


def command_parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of the whole command line; man pages and completions are made from it.

    Args:
        command: the only one to be asked for: its parser is made, those of all others take their time.
    """
    parser = argparse.ArgumentParser(
        prog="odc-agent",
        description="Keeps the digital certificates on your organisation's USB tokens alive.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"odc-agent {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    commands.add_to(subparsers, command)
    return parser
