"""A real proxy for CONNECT (RFC 9110, 9.3.6), which notes where it was asked to go."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading


@contextlib.contextmanager
def connect_proxy():
    """Give the proxy's ``host:port`` and the targets it was asked for."""
    targets = []

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self):
            method, target, _ = self.rfile.readline().decode().split()
            while self.rfile.readline().strip():
                pass
            targets.append((method, target))
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, self.connection))
                back.start()
                _copy(self.connection, server)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{proxy.server_address[1]}", targets
        finally:
            proxy.shutdown()
            thread.join()


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    # However it ended: the other half must not wait for ever.
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
