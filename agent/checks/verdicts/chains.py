"""Whether the certificates in use lead to an authority this computer trusts."""

from __future__ import annotations

from collections.abc import Sequence

from agent.certificates.chain import Chain, ChainState
from agent.certificates.wording import CHAIN_TEXT
from agent.checks.model import CheckState, Findings, finding
from agent.checks.verdicts.tokens import without_token
from agent.ground.language import mark

_STATES = {
    ChainState.TRUSTED: CheckState.OK,
    ChainState.ISSUER_EXPIRED: CheckState.WARNING,
    ChainState.UNTRUSTED_ROOT: CheckState.WARNING,
    ChainState.INCOMPLETE: CheckState.WARNING,
    ChainState.UNCHECKED: CheckState.UNKNOWN,
    ChainState.ISSUER_UNFIT: CheckState.FAILED,
    ChainState.BAD_SIGNATURE: CheckState.FAILED,
}
_ADVICE = {
    CheckState.OK: "",
    CheckState.UNKNOWN: "",
    CheckState.WARNING: mark(
        "Ask your administrator to add the authority's certificates (trust_store)."
    ),
    CheckState.FAILED: mark("Ask the authority's service desk about this certificate."),
}


def judge_chains(chains: Sequence[Chain]) -> Findings:
    """Return how each chain ended; the same end is told once."""
    told = dict.fromkeys((chain.state, chain.about) for chain in chains)
    return [
        finding(_STATES[state], CHAIN_TEXT[state], _ADVICE[_STATES[state]], about=about)
        for state, about in told
    ] or [without_token()]
