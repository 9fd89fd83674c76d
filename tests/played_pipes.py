"""Named pipes of the tests' own, behind the interface that Windows' have (agent.system.pipes.system)."""

from __future__ import annotations

import itertools
import select
import socket
import time

ME, STRANGER = "S-1-5-21-1", "S-1-5-21-2"


class Aborted:
    """What can be waited for, and ended from another thread."""

    def __init__(self, finish, waited_for, wake, woken):
        self._finish, self._waited_for = finish, waited_for
        self._wake, self._woken = wake, woken

    def wait(self, seconds):
        ready, _, _ = select.select([self._woken, self._waited_for], [], [], seconds)
        if not ready:
            raise TimeoutError
        if self._woken in ready:
            raise OSError("cancelled")
        return self._finish()

    def wait_into(self, seconds, buffer):
        data = self.wait(seconds)
        buffer[: len(data)] = data
        return len(data)

    def cancel(self):
        self._wake.send(b"x")


class PlayedPipes:
    """Pipes of socket pairs. ``client`` and ``server`` are the users who open and make them."""

    def __init__(self):
        self.client = self.server = ME
        self.instances, self.open_ends = {}, {}
        self.clients = set()
        self.goes_at_once = False
        self._handles = itertools.count(1)
        self._sockets = []

    def pair(self):
        pair = socket.socketpair()
        self._sockets += pair
        return pair

    def dispose(self):
        for one in self._sockets:
            one.close()

    def own_sid(self):
        return ME

    def create(self, name, sid, *, is_first):
        assert sid == ME
        if is_first and name in self.instances:
            raise PermissionError("there is such a pipe")
        ours, theirs = self.pair()
        handle = next(self._handles)
        self.open_ends[handle] = ours
        self.instances.setdefault(name, []).append(theirs)
        return handle

    def accept(self, handle):
        if self.goes_at_once:
            self.goes_at_once = False
            raise OSError("the client has gone (ERROR_NO_DATA)")
        ours = self.open_ends[handle]
        return Aborted(lambda: ours.recv(1), ours, *self.pair())

    def open(self, name):
        if name not in self.instances:
            raise FileNotFoundError(name)
        deadline = time.monotonic() + 20
        while not self.instances[name]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        theirs = self.instances[name].pop(0)
        theirs.send(b"!")  # a client is there
        handle = next(self._handles)
        self.open_ends[handle] = theirs
        self.clients.add(handle)
        return handle

    def client_sid(self, _handle):
        return self.client

    def server_sid(self, _handle):
        if self.server is None:
            raise OSError("no such process")
        return self.server

    def read(self, handle, size):
        end = self.open_ends[handle]

        def finish():
            if not (data := end.recv(size)):
                raise BrokenPipeError
            return data

        return Aborted(finish, end, *self.pair())

    def write(self, handle, data):
        self.open_ends[handle].sendall(data)
        return Done()

    def close(self, handle):
        self.open_ends.pop(handle).close()


class Done:
    def wait(self, _seconds):
        return b""

    def cancel(self):
        pass
