"""The helpers of renewals, of which a data folder is filled with one, and libraries in C."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "renewals"))
sys.path.insert(0, str(Path(__file__).parents[1] / "system"))
