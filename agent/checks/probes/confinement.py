"""Whether a process can be confined here, by confining one."""

from __future__ import annotations

from agent.system.confined_trial import CONFINED
from agent.system.confinement import NotConfinedError
from agent.system.file_workers import ask

SECONDS = 15.0


def can_confine() -> bool:
    """Return whether the workers for scans, PDFs and PAC programs can be what they are to be."""
    try:
        return ask("agent.system.confined_trial", b"", longest=100, seconds=SECONDS) == CONFINED
    except NotConfinedError:
        return False
