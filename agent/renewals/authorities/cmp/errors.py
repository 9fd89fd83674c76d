"""What a CMP server's refusal means to a person."""

from __future__ import annotations

from typing import ClassVar

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.authority import AuthorityRefusedError
from agent.renewals.authorities.cmp.bodies import StatusInfo
from agent.renewals.authorities.ra_protocol import ProblemCode


class CmpRefusedError(AuthorityRefusedError):
    """The server has ended the transaction."""

    code = "cmp_refused"
    is_proved: ClassVar[bool] = True
    """Whether it is the server for certain that says so."""

    def __init__(self, info: StatusInfo) -> None:
        # MALFORMED is final: the same would be said to the same once more.
        super().__init__(reason=info.reason, problem=ProblemCode.MALFORMED)
        self._failures = info.failures

    @property
    def was_confirmed(self) -> bool:
        """Whether the server says that it has heard of the certificate: what was sent came to it twice."""
        return self.is_proved and "certConfirmed" in self._failures


class CmpUnprovedError(CmpRefusedError):
    """Somebody has, who did not prove to be the server: it cannot, where it knows another secret."""

    code = "cmp_refused_unproved"
    is_proved = False
    sentence = mark(
        "The certification authority refused, and did not prove that it is the authority: {reason}"
    )
    advice = mark(
        "Most often the reference value or the secret is not right, or was used already: have the "
        "authority give you new ones, and renew again."
    )


class CmpUnsignedError(CmpRefusedError):
    """The same where a certificate proves who asks."""

    code = "cmp_refused_unsigned"
    is_proved = False
    sentence = CmpUnprovedError.sentence
    advice = mark(
        "Most often the server does not know the certificate that is to be renewed, or has revoked it: "
        "ask the authority's service desk."
    )


class SecretGoneError(OdcError):
    """A renewal relied on a configured secret, and that is not there any more."""

    code = "cmp_secret_gone"
    sentence = mark("The configuration has no reference value and secret for {authority} any more.")
    advice = mark(
        "Ask your administrator to correct the configuration, or end this renewal and start it again."
    )
