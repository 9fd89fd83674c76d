"""The tray icon: a child of the agent, ``python -m agent.desktop.tray FD``.

FD names the socket of its API connection, which it was handed. When the agent or the display goes, so does
it.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from agent.api.client import CallError, ConnectionLostError, Json
from agent.certificates.days import CertificateStatus
from agent.desktop.icon import draw_icon
from agent.desktop.icon_kind import follow_desktop
from agent.desktop.link import CLOCK, TrayClient
from agent.desktop.menu import Line, TrayContent, tray_content
from agent.desktop.pystray_gaps import expect_no_notices, watch_openings
from agent.desktop.pystray_windows import (
    as_balloon,
    as_menu_line,
    as_tooltip,
    draw_sharply,
    insist_on_answers,
    watch_clicks,
)
from agent.ground.language import Language, mark, translate, user_language
from agent.system.app_identity import take_identity
from agent.system.handed_sockets import received

follow_desktop()
try:
    import pystray
except ImportError as error:  # raised where the display cannot be opened
    sys.exit(f"no tray: {error}")

log = logging.getLogger(__name__)

ICON_PIXELS = 128
"""Panels make it smaller: 22 pixels mostly, up to 96 at double scale."""
GRACE_SECONDS = 5.0
"""How long the toolkit may take to end; it may be waiting for a D-Bus service that hangs."""
_CHANGES = (
    "tokens_changed", "remembered_changed", "reminders_changed", "renewal", "settings_changed", CLOCK,
)  # fmt: skip


class Tray:
    """Shows what the agent says, and says what was clicked."""

    def __init__(self, connection: socket.socket) -> None:
        self._client = TrayClient(connection, self._tell_refusal, self._say)
        self._client.call("events.subscribe")
        self._language = user_language()
        self._shown: object = None
        self._content = TrayContent((), (), "")
        self._icon = pystray.Icon(
            "odc-agent",
            draw_icon(None, 0, size=ICON_PIXELS),
            "odc-agent",
            menu=pystray.Menu(self._items),
        )

    def run(self) -> None:
        """Show the icon until the agent goes."""
        try:
            self._icon.run(setup=self._follow)
        except Exception as error:  # noqa: BLE001 - whatever the toolkit raises, without a bus say
            log.error("the toolkit failed: %s", error)  # noqa: TRY400 - known, and said at each try
            # Its other thread waits for a loop that never runs, and would keep the process.
            os._exit(1)

    def _items(self) -> Iterator[Any]:
        for line in self._content.lines:
            yield self._item(line)
        yield pystray.Menu.SEPARATOR
        for line in self._content.actions:
            yield self._item(line, is_default=line.window == "main")
        yield pystray.Menu.SEPARATOR
        yield pystray.MenuItem(self._text(mark("Quit")), self._quit)

    def _item(self, line: Line, *, is_default: bool = False) -> Any:  # noqa: ANN401 - pystray is untyped
        is_link = line.window is not None
        open_it = functools.partial(self._open, line) if is_link else None
        return pystray.MenuItem(
            as_menu_line(line.text), open_it, enabled=is_link, default=is_default
        )

    def _follow(self, icon: Any) -> None:  # noqa: ANN401 - pystray is untyped
        """Keep the icon as the agent's events say; runs in a thread of its own."""
        try:
            self._refresh()
            icon.visible = True
            watch_openings(icon, self._prepare)
            watch_clicks(icon, balloon_clicked=icon, menu_opened=self._prepare)
            while True:
                if self._client.next_event() in _CHANGES:
                    self._refresh()
        except ConnectionLostError:
            log.info("the agent has gone")
        finally:
            # Also after a mistake of ours: an icon that no longer follows would lie.
            _end_soon(GRACE_SECONDS)
            icon.stop()

    def _refresh(self) -> None:
        try:
            status = self._client.call("agent.status")
            tokens = self._client.call("tokens.list")
            renewals = self._client.call("renewals.list")
        except CallError as error:
            log.warning("not refreshed code=%s", error.code)
            return
        worst = CertificateStatus(status["worst"]) if status["worst"] else None
        badge = status["expired"] + status["expiring"]
        content = tray_content(status, tokens, renewals, self._language)
        if (worst, badge, content) == self._shown:
            return  # a menu that is open closes when it is built anew
        self._shown, self._content = (worst, badge, content), content
        self._icon.icon = draw_icon(worst, badge, size=ICON_PIXELS)
        self._icon.title = as_tooltip(content.tooltip)
        self._icon.update_menu()

    def _open(self, line: Line, *_clicked: object) -> None:
        subject = {"subject": line.subject} if line.subject else {}
        self._post("windows.open", {"name": line.window, **subject})

    def _prepare(self) -> None:
        self._post("windows.prepare", {})

    def _quit(self) -> None:
        self._post("agent.quit", {})

    def _post(self, method: str, params: dict[str, Json]) -> None:
        # Without an agent there is nothing to click on: _follow is ending the process already.
        with contextlib.suppress(ConnectionLostError):
            self._client.post(method, params)

    def _tell_refusal(self, report: Json) -> None:
        """Say why a click did nothing, and what to do instead."""
        suffix = "_zh" if self._language is Language.ZH else ""
        log.warning("click refused code=%s", report["code"])
        sentences = report[f"message{suffix}"], report.get(f"advice{suffix}", "")
        self._say(self._content.tooltip, "\n".join(filter(None, sentences)))

    def _say(self, title: str, text: str) -> None:
        """Have the icon say something, where it can."""
        if self._icon.HAS_NOTIFICATION:
            title, text = as_balloon(title, text)
            try:
                self._icon.notify(text, title)
            except OSError as error:
                log.warning("notice not shown: %s", error)

    def _text(self, sentence: str) -> str:
        return translate(sentence, self._language)


def _end_soon(seconds: float) -> None:
    """End the process after ``seconds`` if the toolkit has not let it end until then."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def main() -> int:
    """Run the tray on the connection it was handed."""
    # Standard error is the agent's log, which adds the time.
    logging.basicConfig(format="%(levelname)s %(message)s")
    take_identity()
    draw_sharply()
    insist_on_answers()
    expect_no_notices()
    try:
        Tray(received(sys.argv[1])).run()
    except ConnectionLostError:
        log.info("the agent has gone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
