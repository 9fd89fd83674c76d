"""Whether there is room on a token: by its own word, and by placing a container there for a moment."""

from __future__ import annotations

from agent.tokens import protocol
from agent.tokens.errors import TokenFullError
from agent.tokens.worker.skf.access import TokenAccess

_PLACEHOLDER = b"odc-agent placeholder"
"""By this name one that a kill left behind is known."""


def check_room(access: TokenAccess, request: protocol.CheckRoom) -> None:
    """Find out whether so many bytes, and one container more, fit.

    Tokens hold only so many containers, which they do not tell before one is made.
    """
    remove_placeholder(access)
    info = access.application.device.info()
    if info.total_space and info.free_space < request.bytes:
        raise TokenFullError
    with access.writing(), access.application.created(_PLACEHOLDER):
        pass
    remove_placeholder(access)


def remove_placeholder(access: TokenAccess) -> None:
    """Remove it where it is there."""
    if _PLACEHOLDER in access.application.containers():
        access.application.delete_container(_PLACEHOLDER)
