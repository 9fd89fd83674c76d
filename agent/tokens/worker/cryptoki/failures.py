"""What a module's errors mean, and how they are told: in one sentence that names the module."""

from __future__ import annotations

from pkcs11 import exceptions as p11

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.tokens.errors import NotWrittenError, TokenError, TokenFullError, TokenMissingError

REMOVED = (
    p11.DeviceRemoved,
    p11.TokenNotPresent,
    p11.SessionHandleInvalid,
    p11.SlotIDInvalid,
)
VAGUE = (p11.GeneralError, p11.FunctionFailed, p11.DeviceError)
"""Errors that may be anything. Right after a removal OpenSC says no more than CKR_GENERAL_ERROR."""


class EndlessSearchError(Exception):
    """A search gives more objects than any token holds."""


SAID = (p11.PKCS11Error, EndlessSearchError)
"""What is the module's fault, and no mistake of ours."""


def told_module_error(error: Exception, *, module: str) -> TokenError:
    """Return one of ``SAID`` as it is told to a person, where nothing more is known of it."""
    return TokenError(module=module, reason=reason_of(error))


def told_token_error(
    error: Exception,
    *,
    module: str,
    label: str,
    is_gone: bool,
    is_writing: bool = False,
) -> OdcError:
    """Return one of ``SAID`` of an operation on one token as it is told to a person.

    Args:
        error: what the module said.
        module: the module's file name.
        label: the token's.
        is_gone: the token has been pulled out.
        is_writing: something was to be stored: only then is a token "full".
    """
    if is_gone:
        return TokenMissingError(label=label)
    if is_writing and isinstance(error, p11.DeviceMemory):
        return TokenFullError()
    if is_writing and isinstance(error, VAGUE):
        return NotWrittenError(module=module, reason=reason_of(error))
    return told_module_error(error, module=module)


def reason_of(error: Exception) -> str:
    """Return what is known of ``error``; never the text of one that is not the module's."""
    if isinstance(error, EndlessSearchError):
        return mark("it lists objects without end")
    if isinstance(error, p11.PKCS11Error):
        return f"{type(error).__name__} {error}".strip()
    # A mistake met on the way could carry anything in its text, a PIN for one.
    return type(error).__name__
