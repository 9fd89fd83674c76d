"""Run by Windows' Python: ``desk_there.py FOLDER`` lays out authority, token and settings, until stdin ends.

The agent is not started: that is for an installed one.
"""

import sys
from pathlib import Path

from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import Desk

with Desk(Path(sys.argv[1])) as desk:
    running = desk.start_authority("--approve-after", "1", "--retry-after", "1")
    desk.issue_token("--expired-days", "961")
    write_sample_dossier(desk.dossier)
    desk.configure_agent(running.url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
