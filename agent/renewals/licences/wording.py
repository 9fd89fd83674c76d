"""How the last update of a business licence is said on screen."""

from __future__ import annotations

from agent.ground.language import Language, mark, translate
from agent.renewals.licences.item import LicenceItem


def licence_text(item: LicenceItem, language: Language) -> str:
    """Return the result of the last update as one sentence."""
    if item.error is None:
        return translate(mark("The business licence has been updated."), language)
    reason = item.error.text(language)
    return translate(
        mark("The business licence could not be updated: {reason}"), language, reason=reason
    )
