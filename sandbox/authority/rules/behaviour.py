"""How one sandbox behaves: its policy and the times it keeps. Given at start, never changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum, unique

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.authorities.signed_messages import TYPED

AUTHORITY_NAME = "ODC 沙盒证书服务中心 (ODC Sandbox Authority)"

DEFAULT_POLICY = Policy(
    authority=AUTHORITY_NAME,
    encryption_certificate=True,
    container_key_transport=("sm2-enveloped-key",),
    licence=True,
    message_version=TYPED,
)


@unique
class Issuing(StrEnum):
    """Which root signs an organisation's certificates."""

    LIKE = "like"
    """That with such a key as the organisation's; the RSA one for EC keys."""
    RSA = "rsa"
    SM2 = "sm2"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The settings of an authority."""

    audiences: frozenset[str] = frozenset()
    """The base URLs it answers to; a manifest must name one of them."""
    policy: Policy = DEFAULT_POLICY
    plain_until: dt.datetime | None = None
    """Until when a manifest of version 1 still opens an application where the policy has a later one:
    for what was signed before the policy changed and had not arrived. None takes none."""
    approve_after: dt.timedelta | None = None
    """The automatic reviewer's time; None waits for ``odc-sandbox approve``."""
    lifetime: dt.timedelta = dt.timedelta(days=30)
    """How long an application may wait for its applicant before it expires."""
    sms_interval: dt.timedelta = dt.timedelta(seconds=60)
    """The least time between two SMS codes."""
    est_only: bool = False
    """Whether it is an ordinary EST server for registered users, without the RA API."""
    cmp: bool = False
    """Whether holders of secrets (:mod:`sandbox.authority.cmp_users`) may enrol by CMP."""
    bare_keys: bool = False
    """Whether encryption keys travel bare, for tokens to unwrap, to clients that take them so."""
    issuing: Issuing = Issuing.LIKE
    faults: bool = False
    """Whether planned faults (:mod:`sandbox.faults.planning`) spoil answers."""
    retry_after: int = 5
    """Seconds a client is told to wait while its certificate is not released."""
