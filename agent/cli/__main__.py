"""``python -m agent.cli`` is ``odc-agent``."""

import sys

from agent.cli import main

sys.exit(main())
