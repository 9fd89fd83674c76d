"""Sentences in the two languages of the product: Chinese first, English complete.

The English sentence is the message id; the Chinese one stands in the gettext catalogue under
``agent/locale``. Codes and logs stay English and never pass through here.
"""

from __future__ import annotations

import gettext
import locale
import os
from enum import StrEnum
from functools import cache
from pathlib import Path

LOCALE_FOLDER = Path(__file__).parents[1] / "locale"


class Language(StrEnum):
    """A language the product speaks."""

    ZH = "zh_CN"
    EN = "en"


def user_language() -> Language:
    """Return the language of the person's desktop: English where it asks for it, else Chinese.

    ``ODC_LANGUAGE`` comes before the usual variables, so that a test or a single command can choose.
    """
    names = [os.environ.get(name, "") for name in ("ODC_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    chosen = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return Language.EN if chosen.startswith("en") else Language.ZH


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation(
        "odc-agent", localedir=LOCALE_FOLDER, languages=[language.value], fallback=True
    )


def look_up(message: str, language: Language) -> str:
    """Return ``message`` in ``language``, or as it is where the catalogue does not have it."""
    return _catalogue(language).gettext(message) if message else ""


def translate(message: str, language: Language, **values: object) -> str:
    """Return ``message`` in ``language`` with its ``{placeholders}`` filled in."""
    return _catalogue(language).gettext(message).format(**values)


def translate_count(one: str, many: str, count: int, language: Language, **values: object) -> str:
    """Like :func:`translate` for a sentence that depends on ``count`` (available as ``{count}``)."""
    return _catalogue(language).ngettext(one, many, count).format(count=count, **values)


def mark(message: str) -> str:
    """Mark ``message`` for extraction where it is written; it is translated where it is shown."""
    return message
