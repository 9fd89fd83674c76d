"""Who a client is: the socket it came in by, and nothing it says."""

from __future__ import annotations

import asyncio
import os
import socket
import stat

import pytest
from api_desk import ALLOWED, HELLO, Peer

from agent.api.registry import Role
from agent.system.runtime import BROWSER_SOCKET, CONTROL_SOCKET, runtime_folder

NOT_FOUND = (-32601, "invalid_request")
ORIGIN = {"origin": ALLOWED}


async def test_a_browser_may_call_the_browsers_methods_only(desk):
    peer = await desk.connect(BROWSER_SOCKET)
    welcome = await peer.result("hello", HELLO)
    assert welcome["capabilities"] == list(desk.registry.names_for(Role.BROWSER))
    assert all(name.startswith("browser.") for name in welcome["capabilities"])
    assert "browser.status" in welcome["capabilities"]


async def test_the_users_tools_may_call_all_but_the_browsers(desk):
    peer = await desk.connect(CONTROL_SOCKET)
    welcome = await peer.result("hello", HELLO)
    assert not [name for name in welcome["capabilities"] if name.startswith("browser.")]
    assert {"agent.quit", "renewals.pin", "tokens.list"} <= set(welcome["capabilities"])


async def test_no_method_of_the_users_tools_is_there_for_a_browser(desk):
    peer = await desk.browser()
    others = set(desk.registry.names_for(Role.CONTROL)) | set(desk.registry.names_for(Role.TRAY))
    assert len(others) > 10
    for name in sorted(others):
        assert await peer.refusal(name, {}) == NOT_FOUND
    assert not desk.quit.is_set()


async def test_no_method_of_the_browser_is_there_for_the_users_tools(desk):
    peer = await desk.control()
    for name in desk.registry.names_for(Role.BROWSER):
        assert await peer.refusal(name, ORIGIN) == NOT_FOUND


async def test_a_method_that_is_not_there_and_one_of_another_role_look_alike(desk):
    peer = await desk.browser()
    refused, unknown = await peer.ask("agent.quit"), await peer.ask("agent.exit")
    assert str(refused["error"]).replace("agent.quit", "agent.exit") == str(unknown["error"])


async def test_saying_hello_as_another_changes_nothing(desk):
    peer = await desk.connect(BROWSER_SOCKET)
    await peer.result("hello", {"protocol": 1, "client": "control tray odc-agent"})
    assert await peer.refusal("agent.status") == NOT_FOUND


async def test_a_tray_may_neither_enter_pins_nor_start_renewals(desk):
    ours, theirs = socket.socketpair()
    await desk.server.adopt(ours, Role.TRAY)
    peer = Peer(*await asyncio.open_connection(sock=theirs))
    capabilities = (await peer.result("hello", HELLO))["capabilities"]
    assert "agent.status" in capabilities
    for name in ("renewals.pin", "renewals.start", "renewals.verify_sms", "browser.status"):
        assert name not in capabilities
        assert await peer.refusal(name, {}) == NOT_FOUND
    await peer.close()


@pytest.mark.parametrize("name", [CONTROL_SOCKET, BROWSER_SOCKET])
async def test_sockets_are_this_users_alone(desk, name):
    path = runtime_folder() / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.stat().st_uid == os.getuid()


async def test_the_socket_of_a_dead_agent_is_replaced(desk):
    await desk.server.close()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.fspath(runtime_folder() / CONTROL_SOCKET))
    await desk.server.start()
    assert await (await desk.control()).result("test.echo")


async def test_an_agent_that_ends_drops_its_clients_and_leaves_no_socket(desk):
    control, browser = await desk.control(), await desk.browser()
    await desk.server.close()
    assert await control.receive() is None
    assert await browser.receive() is None
    assert not list(runtime_folder().glob("*.sock"))
