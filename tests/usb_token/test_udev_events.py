"""Devices as udev tells of them: its own messages, on a network namespace's own bus. Needs root."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct

import pytest

from agent.tokens.events import udev
from agent.tokens.events.udev import UdevEvents
from sandbox.usb_token import own_pcscd as pcsc

_KOBJECT_UEVENT = 15  # NETLINK_KOBJECT_UEVENT, linux/netlink.h
_UDEV_GROUP = 2
"""The group udevd sends to once its rules are done (1 is the kernel's)."""
SECONDS = 20.0


def murmur(text: bytes) -> int:
    """MurmurHash2 (public domain, A. Appleby): libudev lets the kernel filter by it."""
    factor, mask = 0x5BD1E995, 0xFFFFFFFF
    value = len(text)
    whole = len(text) // 4 * 4
    for (part,) in struct.iter_unpack("<I", text[:whole]):
        mixed = part * factor & mask
        mixed = (mixed ^ mixed >> 24) * factor & mask
        value = (value * factor & mask) ^ mixed
    if rest := text[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * factor & mask
    value = (value ^ value >> 13) * factor & mask
    return value ^ value >> 15


def send(action: str, *, subsystem: str = "usb", devtype: str = "usb_device") -> None:
    """Say what udevd says of a device."""
    facts = {"ACTION": action, "DEVPATH": "/devices/virtual/odc/token", "SUBSYSTEM": subsystem,
             "DEVTYPE": devtype, "SEQNUM": "1"}  # fmt: skip
    properties = b"".join(f"{key}={value}\0".encode() for key, value in facts.items())
    header = struct.pack("=8s", b"libudev") + struct.pack("!I", 0xFEEDCAFE)
    header += struct.pack("=III", 40, 40, len(properties))
    header += struct.pack("!IIII", murmur(subsystem.encode()), murmur(devtype.encode()), 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _KOBJECT_UEVENT) as bus:
        bus.sendto(header + properties, (0, 1 << (_UDEV_GROUP - 1)))


@pytest.fixture
def bus():
    """The test runs on a bus of its own."""
    if os.getuid() != 0:
        pytest.skip("needs root, for namespaces")
    with pcsc.own_namespaces():
        yield


@contextlib.asynccontextmanager
async def listening():
    told, hurried = asyncio.Queue(), []
    source = UdevEvents(lambda: hurried.append(True))
    running = asyncio.create_task(source.run(lambda: told.put_nowait(source.is_live)))
    await asyncio.wait_for(told.get(), SECONDS)  # it listens
    try:
        yield told, hurried, source
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("action", ["add", "remove", "bind", "unbind"])
async def test_a_device_that_comes_or_goes_is_told_and_pcsc_hurried(bus, action):
    async with listening() as (told, hurried, _):
        send(action)
        await asyncio.wait_for(told.get(), SECONDS)
        assert hurried == [True]


async def test_other_devices_and_mere_changes_wake_nobody(bus):
    async with listening() as (told, hurried, _):
        send("add", subsystem="block", devtype="disk")
        send("add", devtype="usb_interface")
        send("change")
        send("remove")
        await asyncio.wait_for(told.get(), SECONDS)
        assert told.empty()
        assert hurried == [True]


async def test_many_devices_at_once_are_one_reason(bus):
    async with listening() as (told, _, _):
        for _ in range(20):
            send("add")
        await asyncio.wait_for(told.get(), SECONDS)
        await asyncio.sleep(0.2)
        assert told.qsize() < 20


@pytest.mark.parametrize("runs", [True, False])
async def test_it_is_live_where_udev_runs(bus, tmp_path, monkeypatch, runs):
    control = tmp_path / "control"
    if runs:
        control.touch()
    monkeypatch.setattr(udev, "_UDEV_RUNS", control)
    async with listening() as (_, _, source):
        assert source.is_live is runs
