from __future__ import annotations

import os
import sys
from pathlib import Path

# Before Qt is loaded: these windows need no screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))
