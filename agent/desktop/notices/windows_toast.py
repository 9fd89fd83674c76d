"""Windows: a toast with buttons, by PowerShell and its own application identity. Written, never run."""

from __future__ import annotations

import base64
import html
import sys
from collections.abc import Sequence

from agent.desktop.notices.by_process import ProcessDisplay
from agent.desktop.notices.model import Notice

MAX_BUTTONS = 5
_SCRIPT = r"""
$ErrorActionPreference = 'Stop'
[Console]::InputEncoding = [Text.Encoding]::UTF8
$xml = [Console]::In.ReadToEnd()
$manager = [Windows.UI.Notifications.ToastNotificationManager,
    Windows.UI.Notifications, ContentType = WindowsRuntime]
$null = [Windows.Data.Xml.Dom.XmlDocument, Windows.Data.Xml.Dom, ContentType = WindowsRuntime]
$content = New-Object Windows.Data.Xml.Dom.XmlDocument
$content.LoadXml($xml)
$toast = New-Object Windows.UI.Notifications.ToastNotification $content
$id = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
$null = Register-ObjectEvent $toast Activated -SourceIdentifier pressed
$null = Register-ObjectEvent $toast Dismissed -SourceIdentifier dismissed
$manager::CreateToastNotifier($id).Show($toast)
$event = Wait-Event
if ($event.SourceIdentifier -eq 'pressed') { $event.SourceEventArgs.Arguments }
"""


class ToastDisplay(ProcessDisplay):
    """See agent.desktop.notices.model.Display."""

    def command(self, notice: Notice) -> Sequence[str]:  # noqa: ARG002 - it comes by standard input
        """Return PowerShell with a script that is the same for all notices."""
        encoded = base64.b64encode(_SCRIPT.encode("utf-16-le")).decode()
        program = "powershell.exe" if sys.platform == "win32" else "pwsh"
        return [program, "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded]

    def input_of(self, notice: Notice) -> bytes:
        """Return the toast's content (Toast content schema)."""
        actions = "".join(
            f'<action content="{html.escape(b.label)}" arguments="{html.escape(b.key)}"/>'
            for b in notice.buttons[:MAX_BUTTONS]
        )
        first = html.escape(notice.buttons[0].key) if notice.buttons else ""
        return (
            f'<toast scenario="reminder" launch="{first}"><visual><binding template="ToastGeneric">'
            f"<text>{html.escape(notice.title)}</text><text>{html.escape(notice.text)}</text>"
            f"</binding></visual><actions>{actions}</actions></toast>"
        ).encode()

    def key_of(self, printed: str, notice: Notice) -> str | None:
        """Return the button whose arguments the script printed."""
        return next((b.key for b in notice.buttons if b.key == printed), None)
