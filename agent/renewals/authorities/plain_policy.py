"""The policy of an authority that has none of its own: nothing but the certificate is asked for. Pure."""

from __future__ import annotations

from agent.renewals.authorities.ra_protocol import Policy, SigningKeyType

_ANY_KEY: tuple[SigningKeyType, ...] = ("rsa:2048", "ec:secp256r1", "rsa:3072", "ec:secp384r1")
"""What is offered to a server that does not say what it wants."""


def plain_policy(authority: str, key_types: tuple[SigningKeyType, ...] = ()) -> Policy:
    """Return what a renewal at ``authority`` needs: a signature by a key of one of these kinds."""
    return Policy(
        authority=authority,
        dossier="never",
        required_fields=(),
        required_documents=(),
        review_working_days=0,
        sms=False,
        signing_key_types=key_types or _ANY_KEY,
    )
