"""What can be wrong with settings, and what the agent does then."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark


class ConfigNotUsedError(OdcError):
    """The user's configuration, or the whole policy, cannot be used; the last good one is."""

    code = "config_not_used"
    sentence = mark("The file {file} is not valid, so the last valid one is used: {reason}")
    advice = mark("Correct the file: it counts again as soon as it is saved.")


class ConfigIgnoredError(ConfigNotUsedError):
    """It cannot be used, and there never was a good one."""

    code = "config_ignored"
    sentence = mark("The file {file} is not valid, so nothing of it is used: {reason}")


class PolicyKeyError(OdcError):
    """One key of the administrator's policy cannot be used; it is as if nobody had said anything."""

    code = "policy_key_invalid"
    sentence = mark("Line {line} of {file}: {key} is not valid, the default is used: {reason}")
    advice = mark("Ask your administrator to correct the configuration.")


class PolicyEntryError(PolicyKeyError):
    """One entry of a list of tables cannot be used; the others hold."""

    code = "policy_entry_invalid"
    sentence = mark(
        "Line {line} of {file}: this entry of {key} is not valid and not used: {reason}"
    )


class PolicyKeyUnknownError(PolicyKeyError):
    """The policy has a key that does not exist."""

    code = "policy_key_unknown"
    sentence = mark("Line {line} of {file}: there is no setting {key}, so this line is not used.")


class PolicyOnlyKeyError(OdcError):
    """The user's file has a key that is the administrator's."""

    code = "policy_only_key"
    sentence = mark(
        "Line {line} of {file}: {key} is the administrator's to set, so it is not used."
    )
    advice = mark("Take the line out. An administrator sets it in {policy}.")


class PolicyKeyMisspeltError(PolicyKeyUnknownError):
    """One that does not exist, but much like one that does."""

    sentence = mark(
        "Line {line} of {file}: there is no setting {key}, so this line is not used."
        " Is {similar} meant?"
    )


class UnknownSettingError(OdcError):
    """There is no such key."""

    code = "unknown_setting"
    sentence = mark("There is no setting {key}.")
    advice = mark("`odc-agent config show` lists the settings.")


class SettingLockedError(OdcError):
    """The administrator has decided it."""

    code = "setting_locked"
    sentence = mark("{key} is locked by the administrator.")
    advice = mark("Ask your administrator.")


class SettingInvalidError(OdcError):
    """The value is not one this key takes."""

    code = "setting_invalid"
    sentence = mark("{key} cannot be set to this: {reason}")


class SettingNotWrittenError(OdcError):
    """The configuration file cannot be written, or not without losing what stands in it."""

    code = "setting_not_written"
    sentence = mark("The file {file} was not changed: {reason}")
    advice = mark("Correct the file by hand, or make room on the disk, then try again.")
