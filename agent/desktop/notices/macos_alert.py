"""macOS: an alert with up to three buttons, by osascript. Written and typed, never run.

``display notification`` has no buttons, and the notification centre wants a signed application.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent.desktop.notices.by_process import ProcessDisplay
from agent.desktop.notices.model import Notice

MAX_BUTTONS = 3
_SCRIPT = """
function run() {
    const read = $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile;
    const text = $.NSString.alloc.initWithDataEncoding(read, $.NSUTF8StringEncoding);
    const notice = JSON.parse(ObjC.unwrap(text));
    const app = Application.currentApplication();
    app.includeStandardAdditions = true;
    const alert = {message: notice.text, buttons: notice.labels, givingUpAfter: 86400};
    const answer = app.displayAlert(notice.title, alert);
    return answer.gaveUp ? "" : answer.buttonReturned;
}
"""


class AlertDisplay(ProcessDisplay):
    """See agent.desktop.notices.model.Display."""

    def command(self, notice: Notice) -> Sequence[str]:  # noqa: ARG002 - it comes by standard input
        """Return osascript with a script that is the same for all notices."""
        return ["osascript", "-l", "JavaScript", "-e", _SCRIPT]

    def input_of(self, notice: Notice) -> bytes:
        """Return the notice as the script reads it."""
        labels = [button.label for button in notice.buttons[:MAX_BUTTONS]] or ["OK"]
        content = {"title": notice.title, "text": notice.text, "labels": labels}
        return json.dumps(content).encode()

    def key_of(self, printed: str, notice: Notice) -> str | None:
        """Return the button of the label the script printed."""
        return next((b.key for b in notice.buttons if b.label == printed), None)
