"""Which errors end a renewal: those that would come again however often it was tried. Pure."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.renewals.authorities.authority import AuthorityRefusedError, KeyFormUnknownError
from agent.renewals.authorities.policy_reading import PolicyNotUnderstoodError
from agent.renewals.authorities.ra_protocol import ProblemCode
from agent.renewals.journal.vault import VaultError
from agent.renewals.steps.abandonment import RenewalAbandonedError
from agent.renewals.steps.checks import CertificateRefusedError
from agent.renewals.steps.window import SignerExpiredError, TooEarlyError, TooLateError
from agent.tokens.errors import (
    KeyEnvelopeInvalidError,
    KeyEnvelopeUnopenedError,
    KeyIdTakenError,
    KeyMismatchError,
    KeyTypeUnsupportedError,
)

_FINAL_PROBLEMS = frozenset(ProblemCode) - {ProblemCode.TOO_SOON, ProblemCode.UNAUTHORISED}
"""What an authority that speaks our protocol refuses for good; a proxy's 403 page names none."""

_FINAL_CODES = frozenset(
    error.code
    for error in (
        TooEarlyError,
        TooLateError,
        SignerExpiredError,
        PolicyNotUnderstoodError,
        CertificateRefusedError,
        VaultError,
        RenewalAbandonedError,
        # The authority sends the same key again, and the worker has opened it twice by then, or not at all.
        KeyEnvelopeInvalidError,
        KeyEnvelopeUnopenedError,
        KeyFormUnknownError,
        KeyMismatchError,
        # The CKA_IDs and the kinds of keys are chosen at the renewal's start.
        KeyIdTakenError,
        KeyTypeUnsupportedError,
    )
)


def is_final(error: OdcError) -> bool:
    """Return whether trying again would end the same way.

    By its code: an error of a token worker arrives as a report.
    """
    if isinstance(error, AuthorityRefusedError):
        return error.problem in _FINAL_PROBLEMS
    return error.code in _FINAL_CODES
