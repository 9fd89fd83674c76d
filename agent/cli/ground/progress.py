"""Saying that something is being done, where it takes longer than a moment."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agent.cli.ground.output import say
from agent.ground.language import translate, user_language

AFTER_SECONDS = 1.0
"""A shorter wait needs no explanation."""


@contextmanager
def progress(sentence: str) -> Iterator[None]:
    """Say ``sentence`` on standard error should the block take more than a second."""
    words = translate(sentence, user_language())
    timer = threading.Timer(AFTER_SECONDS, lambda: say(words, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
