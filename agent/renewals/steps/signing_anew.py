"""A manifest signed in a form that the authority takes no longer: it is signed once more.

Between a policy and what is signed by it days may pass, between a signature and its arrival as well. An
authority that has changed ``message_version`` meanwhile refuses the manifest, though nothing is wrong
with the application.
"""

from __future__ import annotations

import logging

import msgspec

from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.authority import AuthorityRefusedError
from agent.renewals.authorities.ra_protocol import Policy, ProblemCode
from agent.renewals.authorities.signed_messages import manifest_type
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State
from agent.renewals.steps.context import Context

log = logging.getLogger(__name__)


class SignedAnewError(OdcError):
    """Why a PIN is asked for that was entered before."""

    code = "signed_anew"
    sentence = mark("The certification authority now has applications signed in another way.")
    advice = mark("Enter the PIN once more; all that was filled in is kept.")


async def to_be_signed_anew(
    context: Context, renewal: Renewal, refused: AuthorityRefusedError
) -> Renewal:
    """Return a refused renewal as it waits for its PIN again, where its form is what was refused.

    Raises:
        AuthorityRefusedError: ``refused``, where the manifest has the form that the policy asks for.
        AuthorityUnreachableError: the policy cannot be asked.
    """
    before = renewal.policy
    if before is None or refused.problem != ProblemCode.MALFORMED:
        raise refused
    version = (await context.enrolment.policy()).message_version
    if manifest_type(version) is manifest_type(before.message_version):
        raise refused
    log.info("to be signed anew id=%s message_version=%s", renewal.id, version)
    return _before_the_pin(
        renewal, msgspec.structs.replace(before, message_version=version), context.clock
    )


def _before_the_pin(renewal: Renewal, policy: Policy, clock: Clock) -> Renewal:
    now = clock()
    report = SignedAnewError().report()
    return renewal.moved(State.SIGNING, now).changed(now, policy=policy, error=report)
