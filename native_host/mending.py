"""What the agent does at its start: mend what browsers read, and say so in the log."""

from __future__ import annotations

import logging

from agent.ground.errors import OdcError
from agent.system.paths import Paths
from native_host import registration
from native_host.browsers import load_browsers
from native_host.targets import user_targets

log = logging.getLogger(__name__)


def mend_registration(paths: Paths) -> None:
    """Register with this user's browsers where that is missing or outdated; never fails."""
    try:
        changes = registration.mend(user_targets(load_browsers([paths.browser_tables])))
    except (OSError, OdcError) as error:
        log.warning("browsers not registered with reason=%s", error)
        return
    for change in changes:
        if change.fault:
            log.warning(
                "not registered with browser=%s reason=%s", change.target.browser, change.fault
            )
        elif change.changed:
            log.info("registered with browser=%s", change.target.browser)
