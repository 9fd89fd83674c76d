"""Runs `openssl cmp` as a server in a network namespace of its own, and lets connections in by one socket.

That server listens at all addresses, where nobody may: in its namespace there is but a loopback interface.
The socket was opened outside and is inherited, so it stays where it was opened.

Usage: python openssl_room.py DESCRIPTOR COMMAND…
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
import threading
import time

PORT = 8080
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_START_SECONDS = 20.0


def raise_loopback() -> None:
    """Switch the namespace's loopback interface on (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def connected() -> socket.socket:
    """Return a connection to the server, which may not be there yet."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", PORT))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes until nothing more does."""
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def main() -> None:
    """Serve until killed."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    raise_loopback()
    subprocess.Popen([*sys.argv[2:], "-port", str(PORT)])
    while True:
        outer, _ = listener.accept()
        inner = connected()
        threading.Thread(target=pass_on, args=(outer, inner), daemon=True).start()
        threading.Thread(target=pass_on, args=(inner, outer), daemon=True).start()


if __name__ == "__main__":
    main()
