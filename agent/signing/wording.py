"""What is said of a signature that is right, but not above doubt. Pure."""

from __future__ import annotations

from agent.ground.language import mark
from agent.signing.verifying import Doubt

DOUBT_TEXT = {
    Doubt.UNTRUSTED: mark("No authority that is trusted on this computer vouches for the signer."),
    Doubt.NOT_VALID_THEN: mark("The signer's certificate was not valid at the time of signing."),
    Doubt.NO_TIME: mark("It does not say when it was made."),
    Doubt.NOT_FOR_SIGNING: mark("The signer's certificate is not for signing."),
    Doubt.SIGNER_NOT_NAMED: mark("It does not say which certificate it was made with (not CAdES)."),
}
