"""``odc-sandbox conformance URL``: whether a server keeps to the protocol."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from agent.cli.ground.output import say
from sandbox.commands.common import Subcommands, add_command, not_negative
from sandbox.conformance.client import Applicant, Holder
from sandbox.conformance.run import Outcome, verdicts
from sandbox.conformance.steps import Renewal
from sandbox.words import words

_EXAMPLES = """\
  odc-sandbox conformance https://ra.example.com --trust-anchor ca.pem \\
      --certificate test-organisation.pem --key test-organisation.key

It makes a whole application for a test organisation whose signing key is a file, with an invented
applicant and invented scans; somebody approves it meanwhile. The SMS code is read from a line of input.
Exit code 0: no step failed, 1: one did.
"""
_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "–"}


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "conformance",
        _run,
        summary="drive any server through the protocol, with a verdict for each step",
        examples=_EXAMPLES,
    )
    parser.add_argument("url", metavar="URL", help="the authority's base URL")
    parser.add_argument("--trust-anchor", type=Path, required=True, metavar="PEM")
    parser.add_argument("--certificate", type=Path, required=True, metavar="PEM")
    parser.add_argument("--key", type=Path, required=True, metavar="PEM")
    parser.add_argument(
        "--wait", type=not_negative, default=600, metavar="SECONDS", help="for the approval"
    )


def _run(options: argparse.Namespace) -> int:
    holder = Holder.read(options.certificate, options.key)
    applicant = Applicant(options.url, options.trust_anchor, holder)
    print(f"application {applicant.application}", flush=True)
    counted: Counter[Outcome] = Counter()
    steps = Renewal(wait_seconds=options.wait, sms_code=_sms_code).steps()
    for verdict in verdicts(applicant, steps):
        counted[verdict.outcome] += 1
        step, mark = verdict.step, _MARKS[verdict.outcome]
        say(f"{mark} {step.name}: {step.requirement}\n    {verdict.seen}", flush=True)
        if verdict.outcome is Outcome.FAILED:
            print(f"    see {step.source}", flush=True)
    print(", ".join(f"{counted[outcome]} {outcome.value}" for outcome in Outcome))
    return 1 if counted[Outcome.FAILED] else 0


def _sms_code() -> str:
    print(words("短信验证码: ", "SMS code: "), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
