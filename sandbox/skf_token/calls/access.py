"""PINs (7.2): what is known of them, trying, changing, unblocking, and ending what a right one allows."""

from __future__ import annotations

from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.codes import PinType, Sar, SkfError
from sandbox.skf_token.device import Login
from sandbox.skf_token.pins import check_new


def pin_information(call: Call) -> Answer:
    handle = call.application()
    pin = handle.device.pin(handle.application, call.number())
    return pin.tries_most, pin.tries_left, int(pin.is_factory)


def verify(call: Call) -> Answer:
    handle = call.application()
    pin_type, digits = call.number(), call.bytes()
    handle.device.log_out(handle.application, call.login_client)
    try:
        handle.device.try_pin(handle.application, pin_type, digits)
    except SkfError as error:
        if error.code == Sar.PIN_LOCKED and call.quirk("locked_says_invalid_handle") is not None:
            raise SkfError(Sar.INVALID_HANDLE) from error
        raise
    login = Login(handle.application, PinType(pin_type), call.login_client)
    handle.device.logins.add(login)
    return (handle.device.pin(handle.application, pin_type).tries_left,)


def change(call: Call) -> Answer:
    handle = call.application()
    pin_type, old, new = call.number(), call.bytes(), call.bytes()
    check_new(new)
    handle.device.try_pin(handle.application, pin_type, old)
    handle.device.set_pin(handle.application, pin_type, new)
    return (handle.device.pin(handle.application, pin_type).tries_left,)


def unblock(call: Call) -> Answer:
    handle = call.application()
    administrator, new = call.bytes(), call.bytes()
    check_new(new)
    handle.device.try_pin(handle.application, PinType.ADMINISTRATOR, administrator)
    handle.device.set_pin(handle.application, PinType.USER, new)
    return (handle.device.pin(handle.application, PinType.ADMINISTRATOR).tries_left,)


def clear(call: Call) -> Answer:
    handle = call.application()
    handle.device.log_out(handle.application)
    return ()


FUNCTIONS: Functions = {
    "SKF_GetPINInfo": pin_information,
    "SKF_VerifyPIN": verify,
    "SKF_ChangePIN": change,
    "SKF_UnblockPIN": unblock,
    "SKF_ClearSecureState": clear,
}
