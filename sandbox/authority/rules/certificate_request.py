"""PKCS#10 requests (RFC 2986): read, and believed only with proof of possession. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent.keys import requests
from agent.keys.public_key import PublicKey
from agent.renewals.authorities.ra_protocol import ProblemCode, SigningKeyType
from sandbox.problems import RefusalError


def read_request(csr_der: bytes) -> tuple[requests.Request, PublicKey]:
    """Return the request in ``csr_der`` and the key whose possession its signature proves.

    Raises:
        RefusalError: MALFORMED, or BAD_SIGNATURE where it is not signed with its key.
    """
    try:
        request = requests.read_request(csr_der)
        key, is_proved = request.key(), request.is_signed()
    except ValueError as error:
        raise RefusalError(ProblemCode.MALFORMED, "not a PKCS#10 request read here") from error
    if not is_proved:
        raise RefusalError(ProblemCode.BAD_SIGNATURE, "the request is not signed with its key")
    return request, key


def check_key_type(key: PublicKey, accepted: Sequence[SigningKeyType]) -> None:
    """Raise MALFORMED unless the policy accepts such a key."""
    if key.kind not in accepted:
        raise RefusalError(ProblemCode.MALFORMED, f"{key.kind}: accepted are {', '.join(accepted)}")
