"""Applications (7.3)."""

from __future__ import annotations

from sandbox.skf_token.bus import ApplicationHandle
from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.names import listed


def enum_applications(call: Call) -> Answer:
    names = [application.name for application in call.device().state.applications]
    return (listed(names, call.encoding),)


def open_application(call: Call) -> Answer:
    device, name = call.device(), call.text()
    device.application(name)
    call.client.current = (device, name)
    return call.opened(ApplicationHandle(device, name))


def close_application(call: Call) -> Answer:
    call.close(ApplicationHandle)
    return ()


FUNCTIONS: Functions = {
    "SKF_EnumApplication": enum_applications,
    "SKF_OpenApplication": open_application,
    "SKF_CloseApplication": close_application,
}
