"""Run by Windows' Python: ``calling.py METHOD JSON`` calls the agent of ODC_HOME and prints the result."""

import json
import sys

from agent.api.client import Client
from agent.system.runtime import CONTROL_SOCKET
from agent.system.starting import connect

with Client(connect(CONTROL_SOCKET, start=False), "tests") as client:
    method, params = sys.argv[1:]
    result = client.call(method, json.loads(params))
    sys.stdout.buffer.write(json.dumps(result).encode())
