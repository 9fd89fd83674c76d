"""What the log says of sites' requests that were refused: enough to see them, never so much that it fills."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

log = logging.getLogger(__name__)

SECONDS = 60.0
MOST_SITES = 30
"""Sites named in that time; a host has 65,535 ports, and a domain any number of hosts."""
OTHERS = "others"


class Refusals:
    """Logs the first refusal of each site at once, and how many more there were once a minute."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, origin: str, method: str, code: str) -> None:
        """Log or count one."""
        if not self._counts:
            asyncio.get_running_loop().call_later(SECONDS, self._tell)
        site = origin if origin in self._counts or len(self._counts) < MOST_SITES else OTHERS
        self._counts[site] += 1
        if self._counts[site] == 1:
            log.info("site request origin=%s method=%s outcome=%s", origin, method, code)

    def _tell(self) -> None:
        counts, self._counts = self._counts, Counter()
        for site, count in counts.items():
            if count > 1:
                log.info("site requests refused origin=%s more=%d", site, count - 1)
