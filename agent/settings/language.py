"""The language that is configured, read by itself: for commands that need nothing else of the settings."""

from __future__ import annotations

import contextlib

from agent.ground.language import Language
from agent.ground.text_files import read_text_file
from agent.system.folders import config_file, policy_file


def configured_language() -> Language | None:
    """Return what the policy, else the user's file says; None where neither does or can be read.

    What is wrong with a file is the agent's to tell.
    """
    for file in (policy_file(), config_file()):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if "language" in (text := read_text_file(file)):
                import tomllib  # noqa: PLC0415 - few files say something of it

                return Language(tomllib.loads(text)["language"])
    return None
