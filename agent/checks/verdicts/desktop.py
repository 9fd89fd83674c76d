"""Whether the agent can be seen here: tray, notices, and its start at login."""

from __future__ import annotations

from enum import Enum, auto, unique

import msgspec

from agent.checks.model import CheckState, Finding, Findings, finding, ok
from agent.ground.language import mark
from agent.system.fonts import font_advice

FIX_AUTOSTART = "autostart"
_TO_BE_SEEN = mark("Reminders are still to be seen in the tray and by `odc-agent status`.")
NO_SCREEN = mark("There is no screen here; use the commands of `odc-agent`.")


@unique
class TrayHost(Enum):
    """Whether the desktop has a place for tray icons."""

    PRESENT = auto()
    ABSENT = auto()
    NO_SCREEN = auto()
    UNKNOWN = auto()


class Tray(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tray icon stands."""

    host: TrayHost
    is_wanted: bool = True
    """False where the agent was started without a tray."""
    is_shown: bool = False
    """The process that draws it runs."""


def judge_tray(tray: Tray) -> Findings:
    """Return whether the tray icon can be seen."""
    if tray.host is TrayHost.NO_SCREEN:
        return [finding(CheckState.UNKNOWN, NO_SCREEN)]
    if not tray.is_wanted:
        return [finding(CheckState.WARNING, mark("The agent was started without a tray icon."))]
    if tray.host is TrayHost.ABSENT:
        return [
            finding(
                CheckState.WARNING,
                mark("This desktop shows no tray icons."),
                mark(
                    "Open the windows from the menu of programs or by `odc-agent window`. "
                    "On GNOME the extension AppIndicator shows the icon."
                ),
            )
        ]
    if not tray.is_shown:
        return [
            finding(
                CheckState.FAILED,
                mark("The tray icon cannot be drawn; the agent goes on trying."),
                mark("The reason is in the log. Everything else works."),
            )
        ]
    if tray.host is TrayHost.UNKNOWN:
        return [
            finding(CheckState.UNKNOWN, mark("Whether this desktop shows tray icons is not known."))
        ]
    return [ok(mark("The tray icon is shown."))]


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """What shows notices here."""

    has_bus: bool
    server: str = ""
    """Name and version of the notification daemon; empty where none answers."""
    has_buttons: bool = False
    is_silent: bool = False
    """It is there and does not answer."""
    is_wanted: bool = True
    obstacle: str = ""
    """Why the system shows none with buttons, where it says so (Windows)."""
    failure: str = ""
    """Why the last notice could not be shown; empty where it could."""


def judge_notices(notices: Notices) -> Findings:
    """Return whether reminders can be shown, and with buttons."""
    if not notices.is_wanted:
        return [
            finding(
                CheckState.WARNING,
                mark("Notices are switched off in the settings."),
                mark(
                    "Switch them on to be reminded: `odc-agent config set reminders.notifications true`."
                ),
            )
        ]
    return [*_last_notice(notices.failure), _service(notices)]


def _last_notice(failure: str) -> Findings:
    if not failure:
        return []
    return [
        finding(
            CheckState.WARNING,
            mark("The last notice could not be shown: {reason}"),
            _TO_BE_SEEN,
            reason=failure,
        )
    ]


def _service(notices: Notices) -> Finding:
    if notices.is_silent:
        return finding(
            CheckState.FAILED,
            mark("The desktop's notification service does not answer."),
            mark("Log out and in again."),
        )
    if not notices.has_bus or not notices.server:
        return finding(CheckState.WARNING, mark("Nothing shows notices here."), _TO_BE_SEEN)
    if notices.obstacle:
        return finding(
            CheckState.WARNING,
            mark("{server} shows no notices with buttons of this program: {reason}"),
            mark(
                "Notices come as balloons at the tray icon. For those with buttons allow them in the "
                "system's settings (System, Notifications)."
            ),
            server=notices.server,
            reason=notices.obstacle,
        )
    if not notices.has_buttons:
        return ok(mark("Notices are shown by {server}, without buttons."), server=notices.server)
    return ok(mark("Notices are shown by {server}."), server=notices.server)


class Autostart(msgspec.Struct, frozen=True, kw_only=True):
    """What starts the agent at login."""

    ways: tuple[str, ...]
    """File or entry of each way that is switched on."""
    is_right: bool = True
    """False where what they start is not this installation."""
    is_wanted: bool = True
    """False where the settings say that it is not to start."""


def judge_autostart(autostart: Autostart) -> Findings:
    """Return whether exactly one thing starts the agent at login."""
    advice = mark("Have it mended here, or run `odc-agent config set autostart true`.")
    if not autostart.ways and not autostart.is_wanted:
        return [ok(mark("By its settings the agent does not start at login."))]
    if not autostart.ways:
        return [
            finding(
                CheckState.WARNING,
                mark("The agent does not start at login: nobody will be reminded."),
                advice,
                fix=FIX_AUTOSTART,
            )
        ]
    if not autostart.is_right:
        return [
            finding(
                CheckState.FAILED,
                mark("What is started at login is not this agent: {ways}"),
                advice,
                fix=FIX_AUTOSTART,
                ways=", ".join(autostart.ways),
            )
        ]
    if len(autostart.ways) > 1:
        return [
            finding(
                CheckState.WARNING,
                mark("The agent is started at login more than once: {ways}"),
                advice,
                fix=FIX_AUTOSTART,
                ways=", ".join(autostart.ways),
            )
        ]
    return [ok(mark("The agent starts at login."))]


class Fonts(msgspec.Struct, frozen=True, kw_only=True):
    """The fonts with Chinese characters."""

    has_screen: bool = True
    system: str = "linux"
    """As :data:`sys.platform` names it."""
    families: tuple[str, ...] | None
    """Their names; None where nothing tells what fonts there are."""


def judge_fonts(fonts: Fonts) -> Findings:
    """Return whether Chinese is shown as characters instead of boxes."""
    if not fonts.has_screen:
        return [finding(CheckState.UNKNOWN, NO_SCREEN)]
    if fonts.families is None:
        return [finding(CheckState.UNKNOWN, mark("What fonts there are cannot be told here."))]
    if not fonts.families:
        return [
            finding(
                CheckState.WARNING,
                mark("No font on this computer has Chinese characters."),
                font_advice(fonts.system),
            )
        ]
    return [ok(mark("Chinese characters are shown, by {font}."), font=fonts.families[0])]
