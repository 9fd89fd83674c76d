"""A whole agent in this process, as ``odc-agent run`` starts it, and what it answers by its sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from agent.api.client import Client
from agent.app import Agent
from agent.settings.service import Settings
from agent.system.lock import AgentLock
from agent.system.logs import set_up_logging
from agent.system.runtime import CONTROL_SOCKET
from agent.system.starting import AgentMissingError, connect


@contextlib.asynccontextmanager
async def agent(paths):
    """Give a client of an agent that runs."""
    with AgentLock(paths.lock), own_logging():
        set_up_logging(paths.logs, to_stderr=False)
        running = Agent(Settings(paths), paths, has_tray=False)
        task = asyncio.create_task(running.run())
        try:
            with await asyncio.to_thread(client_of, task) as client:
                yield client
        finally:
            running._stop.set()
            await asyncio.wait_for(task, 20)


async def ask(client, method, **params):
    return await asyncio.to_thread(client.call, method, params)


async def asked(paths, *methods):
    """Start an agent, ask it, and end it."""
    async with agent(paths) as client:
        return [await ask(client, method) for method in methods]


def client_of(task):
    while not task.done():
        with contextlib.suppress(AgentMissingError):
            return Client(connect(CONTROL_SOCKET, start=False), "test")
    raise AssertionError(task.exception())


@contextlib.contextmanager
def own_logging():
    """Have nobody log but whom the block sets up, as in a process of its own."""
    before, logging.root.handlers = logging.root.handlers, []
    try:
        yield
    finally:
        for handler in logging.root.handlers:
            handler.close()
        logging.root.handlers = before
