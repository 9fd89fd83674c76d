"""``odc-sandbox run``: the authority and the demo portal, until interrupted."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.renewals.authorities.ra_protocol import Policy
from sandbox.authority.policy_file import read_policy_file
from sandbox.authority.rules.behaviour import Issuing, Rules
from sandbox.commands.common import Subcommands, add_command, home_of, not_negative
from sandbox.home import Home, RunningSandbox
from sandbox.server.server import Ports, serve
from sandbox.words import words

DEFAULT_PORTS = Ports(authority=8443, portal=8080, review=8081)

_EXAMPLES = """\
  odc-sandbox run                                 a person reviews, with approve and reject
  odc-sandbox run --approve-after 5               approves by itself after 5 seconds
  odc-sandbox run --port 0 --portal-port 0        free ports; sandbox.json names them
  odc-sandbox run --latest-days-after-expiry 365  refuses what expired longer ago
  odc-sandbox run --policy policy.toml            all of the policy; see docs/authorities.md
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "run",
        _run,
        summary="run the authority and the demo portal",
        examples=_EXAMPLES,
    )
    parser.add_argument("--port", type=not_negative, default=DEFAULT_PORTS.authority)
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="TOML; what follows here comes before it"
    )
    parser.add_argument("--portal-port", type=not_negative, default=DEFAULT_PORTS.portal)
    parser.add_argument(
        "--review-port",
        type=not_negative,
        help="the reviewer's page; any free one where another port is 0",
    )
    parser.add_argument(
        "--approve-after", type=float, metavar="SECONDS", help="review by itself, that late"
    )
    parser.add_argument("--sms-interval", type=float, metavar="SECONDS", help="between two codes")
    parser.add_argument(
        "--est-only", action="store_true", help="an ordinary EST server for est-users, no RA API"
    )
    parser.add_argument(
        "--cmp", action="store_true", help="speak CMP too, with those of `odc-sandbox cmp-user`"
    )
    parser.add_argument(
        "--faults", action="store_true", help="act on faults planned with `odc-sandbox faults`"
    )
    parser.add_argument(
        "--no-sms", action="store_true", help="release approved applications at once"
    )
    parser.add_argument(
        "--retry-after", type=not_negative, metavar="SECONDS", help="told to who waits"
    )
    parser.add_argument("--earliest-days-before-expiry", type=not_negative)
    parser.add_argument("--latest-days-after-expiry", type=not_negative)
    parser.add_argument("--dossier", choices=("never", "when_expired", "always"))
    parser.add_argument(
        "--key-type",
        action="append",
        metavar="TYPE",
        help="accepted new keys, such as rsa:2048 (the default), ec:secp256r1 or sm2; may be repeated",
    )
    parser.add_argument(
        "--issuing",
        choices=[str(root) for root in Issuing],
        help="which root signs: that with a key like the organisation's (the default), rsa or sm2",
    )


def _run(options: argparse.Namespace) -> int:
    home = home_of(options)
    ports = Ports(authority=options.port, portal=options.portal_port, review=_review_port(options))
    serve(home, _rules(options), ports, lambda running: _announce(home, running))
    return 0


def _review_port(options: argparse.Namespace) -> int:
    if options.review_port is not None:
        return int(options.review_port)
    return DEFAULT_PORTS.review if options.port and options.portal_port else 0


def _rules(options: argparse.Namespace) -> Rules:
    """Return the policy file's rules, or the usual ones, with what the command line says over them."""
    rules = read_policy_file(options.policy) if options.policy else Rules()
    seconds = {"approve_after": options.approve_after, "sms_interval": options.sms_interval}
    said: dict[str, Any] = {
        name: dt.timedelta(seconds=s) for name, s in seconds.items() if s is not None
    }
    if options.retry_after is not None:
        said["retry_after"] = options.retry_after
    if options.issuing is not None:
        said["issuing"] = Issuing(options.issuing)
    said |= {"est_only": options.est_only, "cmp": options.cmp, "faults": options.faults}
    return dataclasses.replace(rules, policy=_policy(rules.policy, options), **said)


def _policy(policy: Policy, options: argparse.Namespace) -> Policy:
    said = {
        "earliest_days_before_expiry": options.earliest_days_before_expiry,
        "latest_days_after_expiry": options.latest_days_after_expiry,
        "dossier": options.dossier,
        "sms": False if options.no_sms else None,
        **_key_types(options.key_type or ()),
    }
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    return msgspec.structs.replace(policy, **changes)


def _key_types(named: Sequence[str]) -> dict[str, object]:
    """Return the policy's members for the kinds of keys that were named: agents of before know no SM2."""
    before = tuple(kind for kind in named if kind != "sm2")
    return {
        "key_types": before or None,
        "signing_key_types": tuple(named) if "sm2" in named else None,
    }


def _announce(home: Home, running: RunningSandbox) -> None:
    chinese = (
        f"沙盒已就绪:{running.url} · 演示门户 {running.portal_url} · 根证书 {home.trust_anchor}\n"
        f"审核页面:{running.review_url} · 登录口令 {running.review_token}"
    )
    english = (
        f"Sandbox ready: {running.url} · portal {running.portal_url} · CA {home.trust_anchor}\n"
        f"Review: {running.review_url} · token {running.review_token}"
    )
    print(words(chinese, english), flush=True)
