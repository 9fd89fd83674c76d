"""The agent's log on disk."""

from __future__ import annotations

import contextlib
import logging

from agent.system import logs


@contextlib.contextmanager
def bare_root():
    """The root logger without the test runner's handlers, which are put back."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        yield root
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = kept
        root.setLevel(level)


def test_the_log_is_begun_anew_when_it_is_full_and_keeps_the_last_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "_MAX_BYTES", 1000)
    with bare_root() as root:
        logs.set_up_logging(tmp_path, to_stderr=False)
        for number in range(100):
            root.info("line %s 证照", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["agent.log", *(f"agent.log.{n}" for n in (1, 2, 3))]
    assert all(file.stat().st_size < 1100 for file in files)
    lines = [
        line for file in (*reversed(files[1:]), files[0]) for line in file.read_text().splitlines()
    ]
    assert [line.split()[-2] for line in lines] == [str(n) for n in range(100 - len(lines), 100)]
