"""Reading an authority's policy: kinds of keys and transports may be named that came after this version.

What is not known is left out, so that an authority can offer something new to those who know it without
losing those who do not. Everything else in a policy is asked of the applicant, and has to be understood.
"""

from __future__ import annotations

from typing import get_args

from agent.ground.decoding import converted, from_json
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import (
    ContainerKeyTransport,
    EncryptionKeyType,
    KeyTransport,
    KeyType,
    Policy,
    SigningKeyType,
)

_KNOWN: dict[str, frozenset[str]] = {
    "key_types": frozenset(get_args(KeyType)),
    "signing_key_types": frozenset(get_args(SigningKeyType)),
    "encryption_key_type": frozenset(get_args(EncryptionKeyType)),
    "key_transport": frozenset(get_args(KeyTransport)),
    "container_key_transport": frozenset(get_args(ContainerKeyTransport)),
}
"""The members that name kinds of keys and transports."""
_OPTIONAL = frozenset({"signing_key_types", "container_key_transport"})
"""Of these others stand in their place where nothing of them is known."""
_MOST_NAMED = 5
_LONGEST_NAME = 40


class PolicyNotUnderstoodError(OdcError):
    """Of what the authority offers this version knows nothing."""

    code = "policy_not_understood"
    sentence = mark(
        "The certification authority asks for keys that this version does not know: {names}"
    )
    advice = mark("Install the newest version of this program.")


def decode_policy(content: bytes) -> Policy:
    """Return a policy without the kinds of keys and transports that are not known here.

    Raises:
        PolicyNotUnderstoodError: a renewal needs one, and none of them is known.
        msgspec.DecodeError, UnicodeDecodeError: it is no policy.
    """
    said = from_json(content, dict[str, object])
    has_encryption = said.get("encryption_certificate") is True
    for member, known in _KNOWN.items():
        if member in said:
            is_needed = member not in _OPTIONAL and (has_encryption or member == "key_types")
            _leave_out(said, member, known, is_needed=is_needed)
    return converted(said, Policy)


def _leave_out(
    said: dict[str, object], member: str, known: frozenset[str], *, is_needed: bool
) -> None:
    """Keep of a member what is ``known``; where that is nothing and nothing is needed, keep no member."""
    named = converted(said[member], str | tuple[str, ...])
    names = (named,) if isinstance(named, str) else named
    kept = [name for name in names if name in known]
    if kept or not names:
        said[member] = named if isinstance(named, str) else kept
    elif is_needed:
        shown = ", ".join(name[:_LONGEST_NAME] for name in names[:_MOST_NAMED])
        raise PolicyNotUnderstoodError(names=shown)
    else:
        del said[member]
