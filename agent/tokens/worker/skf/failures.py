"""What codes of SKF mean, and how they are told: in one sentence that names the driver."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.tokens.errors import (
    NotWrittenError,
    SessionEndedError,
    TokenError,
    TokenFullError,
    TokenMissingError,
)
from agent.tokens.worker.skf.blobs import BlobError
from agent.tokens.worker.skf.codes import Sar, SkfError

SAID = (SkfError, BlobError)
"""What is the library's fault, and no mistake of ours."""
OTHER_LAYOUT = mark("its keys are not laid out as GM/T 0016 has it")
NONSENSE = mark("its answers cannot be meant so")
_FULL = (Sar.NO_ROOM, Sar.REACHED_MOST_CONTAINERS)
_VAGUE = (Sar.FAIL, Sar.MEMORY)


def code_of(error: Exception) -> int:
    """Return the code an error has; 0 where it has none."""
    return error.code if isinstance(error, SkfError) else 0


def told_library_error(error: Exception, *, module: str) -> TokenError:
    """Return one of ``SAID`` as it is told to a person, where nothing more is known of it."""
    return TokenError(module=module, reason=reason_of(error))


def told_token_error(
    error: Exception, *, module: str, label: str, is_gone: bool, is_writing: bool = False
) -> OdcError:
    """Return one of ``SAID`` of an operation on one token as it is told to a person.

    Args:
        error: what the library said.
        module: the library's file name.
        label: the token's.
        is_gone: the token has been pulled out.
        is_writing: something was to be stored.
    """
    code = code_of(error)
    if is_gone:
        return TokenMissingError(label=label)
    if code == Sar.USER_NOT_LOGGED_IN:
        return SessionEndedError()
    if is_writing and code in _FULL:
        return TokenFullError()
    if is_writing and code in _VAGUE:
        return NotWrittenError(module=module, reason=reason_of(error))
    return told_library_error(error, module=module)


def reason_of(error: Exception) -> str:
    """Return what is known of ``error``; never the text of one that is not the library's."""
    if isinstance(error, BlobError):
        return OTHER_LAYOUT
    if isinstance(error, SkfError):
        return NONSENSE if error.said else str(error)
    return type(error).__name__
