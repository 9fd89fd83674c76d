"""What a renewal leaves on a token that is of no use any more, and when it is removed. Pure rules.

Nobody is asked for a PIN only to clean up: what is left is noted with the renewal's last state, and
removed when a PIN of that token is given for something else.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State
from agent.tokens.model import KeyCompanions, KeyName, TokenReference


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair to be removed from a token, with its certificate where there is one."""

    token: TokenReference
    key_id: KeyName
    certificate: bytes = b""
    """DER; empty where none was written."""


def leftovers_of(before: Renewal, after: State) -> tuple[Leftover, ...]:
    """Return what is of no use on the token once ``before`` has come to the ended state ``after``."""
    if before.has_ended:
        return ()
    if after is State.INSTALLED:
        return _replaced(before)
    # Once it is proved the new pair is in use, whatever became of the renewal.
    if after in {State.CANCELLED, State.FAILED} and not before.is_proved:
        return _unused(before)
    return ()


def goes_alone(leftover: Leftover, along: KeyCompanions, unwanted: Iterable[Leftover]) -> bool:
    """Return whether nothing that is to stay is gone when ``leftover`` is destroyed.

    Args:
        leftover: what is to be removed.
        along: what the token's driver says goes with it.
        unwanted: all that is of no use on this token.
    """
    unwanted = (leftover, *unwanted)
    certificates = {left.certificate for left in unwanted if left.certificate}
    keys = {left.key_id for left in unwanted} - {leftover.key_id}
    return certificates.issuperset(along.certificates) and keys.issuperset(along.keys)


def _unused(renewal: Renewal) -> tuple[Leftover, ...]:
    """Return what may have been made for a renewal that came to nothing."""
    if renewal.state is State.DRAFTING:
        return ()
    private = renewal.private
    found = [
        Leftover(
            token=renewal.token, key_id=renewal.new_key_id, certificate=private.new_certificate
        )
    ]
    if renewal.encryption is not None and renewal.asks_for_encryption:
        found.append(
            Leftover(
                token=renewal.token,
                key_id=renewal.encryption.key_id,
                certificate=private.new_encryption_certificate,
            )
        )
        found.append(Leftover(token=renewal.token, key_id=renewal.encryption.transport_id))
    return tuple(found)


def _replaced(renewal: Renewal) -> tuple[Leftover, ...]:
    """Return the transport pair, and the old signing pair where the policy wants it gone.

    Old encryption keys always stay: without them old documents cannot be read. A signing key that has
    the name of one stays too, since a pair is removed by its name.
    """
    found = []
    encryption = renewal.encryption
    if encryption is not None and encryption.recipient_id == encryption.transport_id:
        found.append(Leftover(token=renewal.token, key_id=encryption.transport_id))
    is_shared = encryption is not None and encryption.current_id == renewal.key_id
    if renewal.policy is not None and renewal.policy.retire_old == "delete" and not is_shared:
        found.append(
            Leftover(
                token=renewal.token,
                key_id=renewal.key_id,
                certificate=renewal.private.certificate,
            )
        )
    return tuple(found)
