"""What is said of a signature that is right, but not above doubt. Pure."""

from __future__ import annotations

from agent.ground.language import mark
from agent.signing.pdf.model import Since
from agent.signing.verifying import Doubt

DOUBT_TEXT = {
    Doubt.UNTRUSTED: mark("No authority that is trusted on this computer vouches for the signer."),
    Doubt.NOT_VALID_THEN: mark("The signer's certificate was not valid at the time of signing."),
    Doubt.NO_TIME: mark("It does not say when it was made."),
    Doubt.NOT_FOR_SIGNING: mark("The signer's certificate is not for signing."),
    Doubt.SIGNER_NOT_NAMED: mark("It does not say which certificate it was made with (not CAdES)."),
    Doubt.TIMESTAMP_UNTRUSTED: mark(
        "No authority that is trusted on this computer vouches for the time-stamp."
    ),
    Doubt.REVOKED: mark("A certificate of the signer's chain was revoked by then."),
}

SINCE_TEXT = {
    Since.UNCHANGED: mark("The signature covers the whole document."),
    Since.PROVED: mark("Only what proves signatures was added since."),
    Since.FILLED_IN: mark("Only further signatures were made since, or form fields filled in."),
    Since.ANNOTATED: mark(
        "Only annotations were added since, signatures made, or form fields filled in."
    ),
    Since.CHANGED: mark("The document was changed since, or in ways that cannot be told."),
}
NOT_ALLOWED = mark("Its signer did not allow that.")
WRONG_IN_PDF = mark("The signature is not right, or of a kind that is not read here.")
