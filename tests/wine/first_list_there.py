"""Run by Windows' Python: starts the agent as a command does, prints the ms to its first list of tokens."""

import sys
import time

from agent.api.client import Client
from agent.system.runtime import CONTROL_SOCKET
from agent.system.starting import connect

began = time.perf_counter()
with Client(connect(CONTROL_SOCKET, timeout=120), "bench") as client:
    listed = client.call("tokens.list", {"refresh": True})
    assert listed["tokens"], "the token of the desk"
    print((time.perf_counter() - began) * 1000)
    if sys.argv[1:] == ["quit"]:
        client.call("agent.quit")
