"""The helpers of renewals: a data folder is filled with one."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "renewals"))
