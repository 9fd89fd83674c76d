"""A socket handed to a child: it alone has it, on Unix by inheritance, on Windows by its standard streams."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from agent.system.handed_sockets import hand_over, handing, name_of
from agent.system.runtime import module_command

CHILD = """
import sys
from agent.system.handed_sockets import received
with received(sys.argv[1]) as connection:
    connection.sendall(connection.recv(100).upper())
    connection.recv(1)
"""
pytestmark = pytest.mark.windows


async def child(theirs, *command):
    return await asyncio.create_subprocess_exec(*command, name_of(theirs), **handing(theirs))


async def test_a_child_speaks_by_the_socket_it_was_handed():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await child(theirs, sys.executable, "-c", CHILD)
        await hand_over(theirs, process)
        theirs.close()
        ours.sendall(b"hello")
        assert await asyncio.to_thread(ours.recv, 100) == b"HELLO"
        process.kill()
        await process.wait()
        assert await asyncio.to_thread(ours.recv, 100) == b"", "nobody else has it"


async def test_a_child_that_ends_at_once_is_handed_nothing_and_waits_for_nobody():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await child(theirs, sys.executable, "-c", "")
        await asyncio.wait_for(hand_over(theirs, process), 60)
        assert await process.wait() == 0


async def test_a_window_of_ours_ends_where_nobody_wants_one():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await child(theirs, *module_command("agent.windows"))
        await hand_over(theirs, process)
        theirs.close()
        ours.close()
        assert await asyncio.wait_for(process.wait(), 60) == 0
