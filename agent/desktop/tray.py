"""The tray icon: a child of the agent, ``python -m agent.desktop.tray FD``.

FD is the inherited socket of its API connection. When the agent or the display goes, it goes too.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

from agent.api.client import Client, ConnectionLostError
from agent.certificates.model import CertificateStatus
from agent.desktop.icon import draw_icon
from agent.desktop.menu import TrayContent, tray_content
from agent.language import mark, translate, user_language

if sys.platform == "linux":
    # The plain X11 backend has no menu and cannot encode a Chinese title.
    os.environ.setdefault("PYSTRAY_BACKEND", "appindicator")

import pystray


class Tray:
    """Shows what the agent says, and says what was clicked."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._language = user_language()
        self._content = TrayContent((), "")
        self._icon = pystray.Icon(
            "odc-agent", draw_icon(None, 0), "odc-agent", menu=pystray.Menu(self._items)
        )

    def run(self) -> None:
        """Show the icon until the agent goes."""
        self._icon.run(setup=self._follow)

    def _items(self) -> Iterator[Any]:
        for line in self._content.lines:
            yield pystray.MenuItem(line, None, enabled=False)
        yield pystray.Menu.SEPARATOR
        yield pystray.MenuItem(self._text(mark("Renew certificate")), self._renew, default=True)
        yield pystray.MenuItem(self._text(mark("Quit")), self._quit)

    def _follow(self, icon: Any) -> None:  # noqa: ANN401 - pystray is untyped
        """Keep the icon as the agent's events say; runs in a thread of its own."""
        try:
            self._refresh()
            icon.visible = True
            while True:
                event = self._client.next_notification()["params"]["event"]
                if event in ("tokens_changed", "renewal"):
                    self._refresh()
        except ConnectionLostError:
            icon.stop()

    def _refresh(self) -> None:
        status = self._client.call("agent.status")
        tokens = self._client.call("tokens.list")
        renewals = self._client.call("renewals.list")
        self._content = tray_content(status, tokens, renewals, self._language)
        worst = CertificateStatus(status["worst"]) if status["worst"] else None
        self._icon.icon = draw_icon(worst, status["expired"] + status["expiring"])
        self._icon.title = self._content.tooltip
        self._icon.update_menu()

    def _renew(self) -> None:
        self._client.post("windows.open", {"name": "renew"})

    def _quit(self) -> None:
        self._client.post("agent.quit")

    def _text(self, sentence: str) -> str:
        return translate(sentence, self._language)


def main() -> None:
    """Run the tray on the inherited connection."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    client = Client(connection, "odc-tray")
    client.call("events.subscribe")
    Tray(client).run()


if __name__ == "__main__":
    main()
