"""What was reported saved is there, however the agent ended."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from renewal_maker import KEY, new_renewal

from agent.renewals.journal.journal import Journal
from agent.renewals.journal.vault import Vault

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from renewal_maker import KEY, NOW, new_renewal
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.states import Waiting
from agent.renewals.journal.vault import Vault

journal = Journal(Path(sys.argv[2]), Vault(KEY))
renewal = journal.add(new_renewal(version=0, thumbprint="ab" * 32))
number = 0
while True:
    number += 1
    waiting = Waiting.REVIEW if number % 2 else None
    renewal = journal.save(renewal.changed(NOW, version=number, waiting=waiting))
    print(number, flush=True)
"""


@pytest.mark.parametrize("saves", [1, 7, 40])
def test_after_a_kill_the_last_reported_state_is_there(tmp_path, saves):
    file = tmp_path / "renewals.sqlite"
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parents[1]), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        for _ in range(saves):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().splitlines()
    # A line cut by the kill reports nothing.
    reported = max([saves, *(int(line) for line in lines[:-1])])
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(Journal(file, Vault(KEY))) as journal:
        [renewal] = journal.all()
        # One save more may have reached the disk before it was reported.
        assert renewal.version >= reported
        assert len(journal.history(renewal.id)) == renewal.version + 1
        assert journal.open_for("ab" * 32) == renewal
        assert journal.add(new_renewal(thumbprint="ab" * 32)) == renewal
