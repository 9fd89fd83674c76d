"""``python -m agent.windows FD``: one window, until it is closed."""

import sys

from agent.ground.loading import loading

if __name__ == "__main__":
    with loading():  # Qt is a tenth of a second of it, in which nothing becomes garbage
        from agent.windows.process import main
    sys.exit(main())
