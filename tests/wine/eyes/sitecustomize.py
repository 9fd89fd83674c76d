r"""What a screen reader is told of our windows, for a seat: Windows' Python there imports this at its start.

Wine 8 has no client of UI Automation to ask. So in a process that is a window, and nowhere else, a timer
looks at what has the keyboard by Qt's own accessibility, and writes it beside the home's other files:
``seen\PID.json`` with the window's ``title``, the ``name`` and ``text`` of what has the keyboard there (of a
PIN its dots), whether it ``can`` be used, and a ``number`` that grows each time the keyboard goes elsewhere.
Only the window in front writes one.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

if "agent.windows" in sys.orig_argv and os.environ.get("ODC_HOME"):
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QAccessible
    from PySide6.QtWidgets import QApplication

    from agent.windows import style

    EVERY_MS = 50
    make_application = style.application

    class Eyes:
        def __init__(self, app):
            folder = Path(os.environ["ODC_HOME"], "seen")
            folder.mkdir(exist_ok=True)
            self._file = folder / f"{os.getpid()}.json"
            self._told, self._number = None, 0
            app.focusChanged.connect(self._count)
            app.aboutToQuit.connect(self._forget)
            self._timer = QTimer(app, interval=EVERY_MS)
            self._timer.timeout.connect(self._look)
            self._timer.start()

        def _count(self, _before, _now):
            self._number += 1

        def _look(self):
            window, widget = QApplication.activeWindow(), QApplication.focusWidget()
            if window is None or widget is None:
                self._forget()
                return
            item = QAccessible.queryAccessibleInterface(widget)
            self._tell({
                "title": window.windowTitle(), "number": self._number, "can": widget.isEnabled(),
                "name": item.text(QAccessible.Text.Name), "text": item.text(QAccessible.Text.Value),
            })  # fmt: skip

        def _tell(self, seen):
            if seen == self._told:
                return
            draft = self._file.with_suffix(".new")
            draft.write_text(json.dumps(seen))
            # The test may be reading it.
            with contextlib.suppress(OSError):
                draft.replace(self._file)
                self._told = seen

        def _forget(self):
            self._told = None
            self._file.unlink(missing_ok=True)

    def application(arguments):
        app = make_application(arguments)
        app.eyes = Eyes(app)
        return app

    style.application = application
