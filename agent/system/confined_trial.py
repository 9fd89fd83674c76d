"""``python -m agent.system.confined_trial``: be confined, say so, end; 环境检测 asks if that works."""

from __future__ import annotations

import os
import sys

from agent.system.confinement import confine_or_end

CONFINED = b"confined"


def main() -> None:
    """Try it."""
    confine_or_end(memory=1 << 30, cpu_seconds=5)
    os.write(sys.stdout.fileno(), CONFINED)
    os._exit(0)


if __name__ == "__main__":
    main()
