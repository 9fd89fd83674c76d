"""Events inside the agent: who causes one does not know who listens."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

import msgspec

log = logging.getLogger(__name__)

Listener = Callable[["Event"], None]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of all events; subclasses live beside what causes them."""


class EventBus:
    """Calls every listener with every event, in the agent's one thread."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, event: Event) -> None:
        """Call all listeners. One that fails does not keep the event from the others."""
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("event listener failed event=%s", type(event).__name__)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` from now on; the returned function ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    @contextlib.contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Call ``listener`` while the block runs."""
        unsubscribe = self.subscribe(listener)
        try:
            yield
        finally:
            unsubscribe()
