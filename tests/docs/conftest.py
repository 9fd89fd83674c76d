"""The installer's scripts read the commands for manuals; these tests read them with the same code."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "installer"))
