"""What can be wrong with the memory of tokens, and with what is asked of it."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.system.damage import DamagedError


class MemoryDamagedError(DamagedError):
    """The file of remembered tokens cannot be understood; it was laid aside."""

    code = "remembered_damaged"
    what = mark("The list of the tokens seen earlier")
    advice = mark("Plug each token in once, so that you are reminded of its end.")


class MemoryOfNewerVersionError(OdcError):
    """A newer version of this program wrote the file of remembered tokens."""

    code = "remembered_newer"
    sentence = mark(
        "The list of the tokens seen earlier was written by a newer version of this program. It is "
        "left as it is, and nothing is added to it."
    )
    advice = mark("Install the newer version again.")


class NotRememberedError(OdcError):
    """No token that is not plugged in is known to have that certificate."""

    code = "not_remembered"
    sentence = mark("No token that is not plugged in is known to have this certificate.")
    advice = mark("A token that is plugged in cannot be forgotten. Pull it out first.")
