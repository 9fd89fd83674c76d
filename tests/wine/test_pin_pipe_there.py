"""A PIN that came through a pipe to a worker, which has wiped it, is nowhere in the worker's memory."""

from __future__ import annotations

import secrets
import sys

import pytest
from parts import ROOT

sys.path.append(str(ROOT / "tests" / "tokens"))

from processes import all_processes, read, remembers

pytestmark = pytest.mark.wine

WORKER = """
import sys
from agent.tokens.worker.typed_pins import TypedPins
typed = TypedPins()
print(typed.endpoint, flush=True)
typed.receive()
print(len(typed.take(COUNT)), flush=True)
if WIPES:
    typed.wipe()
typed.answer(None)
print("done", flush=True)
sys.stdin.read()
"""
WINDOW = """
import sys
from agent.tokens.pin import send_pin
send_pin(sys.argv[1], *(bytearray(line) for line in sys.stdin.buffer.read().split()), seconds=20)
"""


@pytest.mark.parametrize(("count", "wipes"), [(1, True), (2, True), (1, False)])
@pytest.mark.parametrize("length", [16, 80, 240])
def test_nothing_of_it_is_left_where_it_was_wiped(english, count, wipes, length):
    """How long it is decides whether memory that was given back is soon another thing's."""
    pins = [secrets.token_hex(length // 2) for _ in range(count)]
    # By its name it is found among those of other tests that run meanwhile.
    program = f"# {secrets.token_hex(8)}{WORKER}".replace("COUNT", str(count)).replace(
        "WIPES", str(wipes)
    )
    with english.start(english.python, "-c", program) as worker:  # which ends with what it reads
        try:
            endpoint = worker.stdout.readline().strip().decode()
            typing = " ".join(pins).encode()
            done = english.run(english.python, "-c", WINDOW, endpoint, stdin=typing)
            assert done.returncode == 0, done.stderr.decode()
            assert worker.stdout.readline().split() == [str(count).encode()]
            assert worker.stdout.readline().split() == [b"done"]
            [pid] = [p for p in all_processes() if program.strip().encode() in read(p, "cmdline")]
            found = [shape for pin in pins for shape in remembers(pid, pin)]
        finally:
            worker.stdin.close()
    # Without the last case the others would show nothing.
    assert bool(found) is not wipes, found
