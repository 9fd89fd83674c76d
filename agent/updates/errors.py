"""Why an update is not taken: each way of being deceived has a sentence of its own."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.system.damage import DamagedError


class UpdatesOffError(OdcError):
    """The agent does not look for updates here."""

    code = "updates_off"
    sentence = mark("Updates of this installation do not come through the agent.")
    advice = mark("They come by your administrator or the system's package manager.")


class UpdateUnreachableError(OdcError):
    """Nothing could be fetched."""

    code = "update_unreachable"
    sentence = mark("The server of updates cannot be reached: {reason}")
    advice = mark("Check the network and try again later.")


class UpdateTooSlowError(OdcError):
    """It would go on for ever (TUF: slow retrieval attack)."""

    code = "update_too_slow"
    sentence = mark("The server of updates sends so slowly that it would not come to an end.")
    advice = mark("Try again later, or in another network.")


class UpdateCancelledError(OdcError):
    """The user, or whoever asked, wants it no more."""

    code = "update_cancelled"
    sentence = mark("The download was cancelled. What has come already is kept for the next time.")


class UpdateRootError(OdcError):
    """The installation's own part of the trust is missing or damaged."""

    code = "update_root_unreadable"
    sentence = mark("The root of trust for updates cannot be read: {file} ({reason})")
    advice = mark("Ask your administrator to correct the configuration.")


class UpdateTamperedError(OdcError):
    """Signature, length or hash is not what it must be (TUF: arbitrary software attack)."""

    code = "update_tampered"
    sentence = mark("What the server of updates sent is not what the publisher signed.")
    advice = mark("Nothing was taken from it. Try again in another network.")


class UpdateRolledBackError(OdcError):
    """Older than what was seen before (TUF: rollback attack)."""

    code = "update_rolled_back"
    sentence = mark("The server of updates sent older information than it had sent before.")
    advice = mark("It was not taken: an older version could have known holes. Try again later.")


class UpdateExpiredError(OdcError):
    """Valid once and out of date (TUF: freeze attack)."""

    code = "update_expired"
    sentence = mark("The information about updates is out of date: newer one may be held back.")
    advice = mark("Check this computer's clock, then try again in another network.")


class UpdateMixedUpError(OdcError):
    """Parts that were never published together (TUF: mix-and-match attack)."""

    code = "update_mixed_up"
    sentence = mark("The information about updates has parts that do not belong together.")
    advice = mark("It was not taken. Try again later.")


class NoUpdateError(OdcError):
    """There is nothing to download."""

    code = "no_update"
    sentence = mark("There is no newer version to download.")


class UpdateNotSavedError(OdcError):
    """The disk does not take it."""

    code = "update_not_saved"
    sentence = mark("The update cannot be saved: {reason}")
    advice = mark("Free some space on the disk and try again.")


class UpdateStateDamagedError(DamagedError):
    """The file of what is known of updates is laid aside."""

    code = "update_state_damaged"
    what = mark("The note on newer versions")
    advice = mark("They are looked for anew.")
