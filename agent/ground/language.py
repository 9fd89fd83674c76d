"""Sentences in the two languages of the product: Chinese first, English complete.

The English sentence is the message id; the Chinese one stands in the gettext catalogue under
``agent/locale``. Codes and logs stay English and never pass through here.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import gettext
    from collections.abc import Mapping

_WINDOWS_LANGUAGES = {0x04: "zh", 0x09: "en"}
"""By LANG_CHINESE and LANG_ENGLISH (winnt.h)."""
CATALOGUES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locale")
"""The folder of catalogues, as gettext has it."""


class Language(StrEnum):
    """A language the product speaks."""

    ZH = "zh_CN"
    EN = "en"


class _Choice:
    """What this process was told to speak."""

    language: Language | None = None


def speak(language: Language | None) -> None:
    """Let this process speak the language that is configured; None: the desktop's."""
    _Choice.language = language


def user_language() -> Language:
    """Return the language to speak: the configured one, else the desktop's."""
    return _Choice.language or desktop_language()


def desktop_language(environment: Mapping[str, str] | None = None) -> Language:
    """Return the language of the person's desktop: Chinese, but for English and for no language at all.

    LC_ALL comes before LC_MESSAGES and LANG, an empty one is none, and ``C``, ``POSIX`` and none of them
    mean the same (POSIX.1-2017, XBD 8.2): English. Where the system has settings of its own instead
    (Windows, macOS), none of them means those. ``ODC_LANGUAGE`` comes first, for a single command.

    Args:
        environment: of whom; None for this process.
    """
    environment = os.environ if environment is None else environment
    names = [
        environment.get(name, "") for name in ("ODC_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    ]
    chosen = next((name for name in names if name), None) or _systems_own()
    bare = chosen.partition(".")[0].partition("@")[0].lower()
    return Language.EN if bare in ("c", "posix") or bare.startswith("en") else Language.ZH


def _systems_own() -> str:
    """Return the language of the person's desktop, as far as the system itself has one."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - takes its time, and nobody else needs it here

        return windows_language(ctypes.WinDLL("kernel32").GetUserDefaultUILanguage())
    if sys.platform == "darwin":
        import locale  # noqa: PLC0415 - as above

        return locale.getlocale()[0] or ""
    return "C"


def windows_language(identifier: int) -> str:
    """Return the language that a Windows language identifier (LANGID) names, empty where it is unknown.

    It is that of menus and messages; the locale, which Python tells of, is that of dates and numbers, and
    has names of its own there, such as ``English_United States``. Of an identifier the lower ten bits are
    the language, whatever the country (Language Identifiers, Win32 API).
    """
    return _WINDOWS_LANGUAGES.get(identifier & 0x3FF, "")


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    import gettext  # noqa: PLC0415 - a command that prints JSON says nothing

    file = os.path.join(CATALOGUES, language.value, "LC_MESSAGES", "odc-agent.mo")
    try:
        with open(file, "rb") as catalogue:
            return gettext.GNUTranslations(catalogue)
    except FileNotFoundError:  # English is what the code says
        return gettext.NullTranslations()


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
