"""asn1crypto's names for what time-stamps hold, before anything in this process uses its content types.

The table that leads from names to OIDs is made when it is first used, and the library for time-stamps adds
to what it is made from: later it would be too late for the authority that stamps here.
"""

from __future__ import annotations

import asn1crypto.tsp  # noqa: F401
