"""The sandbox's policy file (TOML): all of :class:`Policy`, and the times the authority keeps.

    approve_after_seconds = 5        # review by itself, that late; without it a person reviews
    [policy]
    dossier = "always"
    key_types = ["ec:secp256r1", "rsa:2048"]

What is not said stays as it is.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from agent.ground.text_files import read_text_file
from agent.renewals.authorities.ra_protocol import Policy
from sandbox.authority.rules.behaviour import DEFAULT_POLICY, Issuing, Rules
from sandbox.home import SandboxError

_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    policy: dict[str, object] = {}
    approve_after_seconds: _Seconds | None = None
    sms_interval_seconds: _Seconds = 60
    retry_after_seconds: Annotated[int, msgspec.Meta(ge=0)] = 5
    lifetime_days: Annotated[float, msgspec.Meta(gt=0)] = 30
    bare_keys: bool = False
    issuing: Issuing = Issuing.LIKE
    plain_until: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None


def read_policy_file(path: Path) -> Rules:
    """Return the rules in the file at ``path``.

    Raises:
        SandboxError: it cannot be read, or says something unknown; the text names it.
    """
    try:
        return rules_of(read_text_file(path))
    except (OSError, ValueError) as error:
        # msgspec's and tomllib's errors are ValueErrors that say where and what.
        raise SandboxError(f"the policy file {path}: {error}") from error


def rules_of(text: str) -> Rules:
    """Return the rules a policy file of this ``text`` gives.

    Raises:
        ValueError: it is not TOML, or says something unknown.
    """
    file = msgspec.convert(tomllib.loads(text), _File)
    approve_after = file.approve_after_seconds
    return Rules(
        policy=_policy(file.policy),
        approve_after=None if approve_after is None else dt.timedelta(seconds=approve_after),
        sms_interval=dt.timedelta(seconds=file.sms_interval_seconds),
        retry_after=file.retry_after_seconds,
        lifetime=dt.timedelta(days=file.lifetime_days),
        bare_keys=file.bare_keys,
        issuing=file.issuing,
        plain_until=file.plain_until,
    )


def _policy(said: dict[str, object]) -> Policy:
    if unknown := said.keys() - set(Policy.__struct_fields__):
        raise ValueError(f"[policy] has no {', '.join(sorted(unknown))}")
    # Policy itself lets unknown members pass, for clients of authorities newer than they are.
    return msgspec.convert({**msgspec.to_builtins(DEFAULT_POLICY), **said}, Policy)
