"""What keeps a token from being used for a page."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark


class ToldToPageError(OdcError):
    """Base of what a page is told of work that failed after the PIN; it is told nothing else of it."""


class NotSignedError(ToldToPageError):
    """The token did not do it. Why is for the person to know, not for a page."""

    code = "not_signed"
    sentence = mark("The token did not do what was asked of it.")
    advice = mark("Look at what the agent says of the token, then try again.")


class NotDecryptedError(ToldToPageError):
    """It was not decrypted, for whatever reason: whoever sent it learns nothing from the kind (RFC 3218)."""

    code = "not_decrypted"
    sentence = mark("The message was not decrypted.")
    advice = mark("Ask who sent it whether it is for this certificate, and whole.")


class PinNeededError(OdcError):
    """Somebody agrees to the use of a token without its PIN."""

    code = "pin_needed"
    sentence = mark("The PIN is needed for this.")
    advice = mark("Enter it in the agent's window or by `odc-agent sites ask`, or decline.")


class CertificateUnsuitableError(OdcError):
    """Its key or its key usage does not fit."""

    code = "certificate_unsuitable"
    sentence = mark("This certificate is not made for that: {reason}")
