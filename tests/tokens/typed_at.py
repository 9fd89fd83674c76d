"""A worker that takes what is typed, as a session does, in a thread."""

from __future__ import annotations

import threading

from agent.tokens.worker.typed_pins import TypedPins


class Worker:
    """Has an endpoint of this platform; tells that the PINs were taken."""

    def __init__(self):
        self.typed = TypedPins()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.typed.receive()
        except Exception as error:  # noqa: BLE001 - told by ended()
            self.error = error
        else:
            self.typed.answer(None)

    def ended(self):
        """Wait for its end; return the error it met."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error
