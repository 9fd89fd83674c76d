"""What the administrator says of sites, action by action. Pure.

``allow`` is of the time when sites could only look and renew, and stays at that: who wrote it has allowed
nobody to have anything signed. ``deny`` is for all there is, and all there will be.
"""

from __future__ import annotations

from agent.settings.config import BrowserSettings
from agent.sites.model import Action


def allowed_sites(rules: BrowserSettings, action: Action) -> tuple[str, ...]:
    """Return the patterns of the sites that may do this by the configuration."""
    return {
        Action.LOGIN: rules.allow_login,
        Action.SIGN: rules.allow_sign,
        Action.DECRYPT: rules.allow_decrypt,
    }.get(action, rules.allow)


def denied_sites(rules: BrowserSettings, action: Action) -> tuple[str, ...]:
    """Return the patterns of the sites that may not."""
    own = {
        Action.LOGIN: rules.deny_login,
        Action.SIGN: rules.deny_sign,
        Action.DECRYPT: rules.deny_decrypt,
    }.get(action, ())
    return (*rules.deny, *own)
