"""`openssl cmp` as a server with options of a test's own, reached by one inherited socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOM = Path(__file__).with_name("openssl_room.py")
UNSHARE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]


@contextlib.contextmanager
def openssl_server(folder: Path, files: Mapping[str, bytes], options: str) -> Iterator[str]:
    """Give the URL of a server that finds ``files`` in its folder."""
    for file, content in files.items():
        (folder / file).write_bytes(content)
    command = f"openssl cmp {options} -config".split()
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "log").open("w") as log:
        number = listener.fileno()
        server = subprocess.Popen(
            [*UNSHARE, sys.executable, ROOM, str(number), *command, ""],
            pass_fds=(number,), cwd=folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
