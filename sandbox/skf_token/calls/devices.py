"""Devices (7.1): which there are, connecting to them, waiting for them, having one for oneself."""

from __future__ import annotations

import secrets

from sandbox.skf_token.bus import DeviceHandle
from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.codes import RSA, SM1_ECB, SM2_1, SM2_3, SM3, SM4_ECB, Sar, SkfError
from sandbox.skf_token.names import listed

_ABSENT, _PRESENT = 0, 1
_FOR_EVER = 0xFFFF_FFFF
_MOST_RANDOM = 4096
_MOST_BUFFER = 1 << 16


def enum_devices(call: Call) -> Answer:
    call.flag()  # those that are present, or all: what is not plugged in is not known
    return (listed(_seen(call), call.encoding),)


def connect(call: Call) -> Answer:
    name = call.text()
    if name not in _seen(call):
        raise SkfError(Sar.DEVICE_REMOVED)
    device = call.bus.plugged[name]
    call.client.current = (device, call.client.current[1] if call.client.current else "")
    return call.opened(DeviceHandle(device))


def disconnect(call: Call) -> Answer:
    call.close(DeviceHandle)
    return ()


def device_state(call: Call) -> Answer:
    return (_PRESENT if call.text() in _seen(call) else _ABSENT,)


def device_information(call: Call) -> Answer:
    state = call.device().state
    texts = [
        text.encode(call.encoding)
        for text in (state.manufacturer, state.issuer, state.label, state.serial)
    ]
    asymmetric = RSA | SM2_1 | SM2_3
    numbers = (SM1_ECB | SM4_ECB, asymmetric, SM3, SM4_ECB, state.total_bytes, state.free_bytes)
    return (*texts, b"\1\0", b"\1\0", *numbers, _MOST_BUFFER, _MOST_BUFFER)


def lock(call: Call) -> Answer:
    device = call.device_at_once()
    milliseconds = call.number()
    bus, client = call.bus, call.client
    seconds = None if milliseconds == _FOR_EVER else milliseconds / 1000
    is_free = bus.changed.wait_for(
        lambda: device.locked_by in (None, client.number) or not device.is_plugged, seconds
    )
    if not is_free:
        raise SkfError(Sar.TIMEOUT)
    if not device.is_plugged:
        raise SkfError(Sar.DEVICE_REMOVED)
    device.locked_by = client.number
    return ()


def unlock(call: Call) -> Answer:
    device = call.device_at_once()
    if device.locked_by != call.client.number:
        raise SkfError(Sar.FAIL)
    device.locked_by = None
    call.bus.changed.notify_all()
    return ()


def wait_for_event(call: Call) -> Answer:
    bus, client = call.bus, call.client
    client.is_waiting_cancelled = False
    bus.changed.wait_for(
        lambda: client.is_waiting_cancelled or len(bus.events) > client.events_seen
    )
    if client.is_waiting_cancelled:
        raise SkfError(Sar.NO_EVENT)
    event, name = bus.events[client.events_seen]
    client.events_seen += 1
    return name.encode(call.encoding) + b"\0", event


def cancel_waiting(call: Call) -> Answer:
    call.client.is_waiting_cancelled = True
    call.bus.changed.notify_all()
    return ()


def random(call: Call) -> Answer:
    call.device()
    size = call.number()
    if size > _MOST_RANDOM:
        raise SkfError(Sar.INVALID_PARAMETER)
    return (secrets.token_bytes(size),)


def _seen(call: Call) -> list[str]:
    hidden = call.quirk("hides")
    return [name for name in sorted(call.bus.plugged) if name != hidden]


FUNCTIONS: Functions = {
    "SKF_EnumDev": enum_devices,
    "SKF_ConnectDev": connect,
    "SKF_DisConnectDev": disconnect,
    "SKF_GetDevState": device_state,
    "SKF_GetDevInfo": device_information,
    "SKF_LockDev": lock,
    "SKF_UnlockDev": unlock,
    "SKF_WaitForDevEvent": wait_for_event,
    "SKF_CancelWaitForDevEvent": cancel_waiting,
    "SKF_GenRandom": random,
}
