"""The few functions of a loaded module that python-pkcs11 does not reach, by ctypes.

The library is loaded already and initialised: loading it again gives the same one.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from pkcs11 import exceptions as p11

_FUNCTION_COUNT = 68  # CK_FUNCTION_LIST of PKCS#11 v2.40
_GET_TOKEN_INFO = 6
_SET_PIN = 11

_ERRORS: dict[int, type[p11.PKCS11Error]] = {
    0x30: p11.DeviceError,
    0x31: p11.DeviceMemory,
    0x32: p11.DeviceRemoved,
    0x50: p11.FunctionCancelled,
    0xA0: p11.PinIncorrect,
    0xA1: p11.PinInvalid,
    0xA2: p11.PinLenRange,
    0xA3: p11.PinExpired,
    0xA4: p11.PinLocked,
    0x1B8: p11.PinTooWeak,
    0xB3: p11.SessionHandleInvalid,
    0xE0: p11.TokenNotPresent,
    0xE1: p11.TokenNotRecognised,
}


class _FunctionList(ctypes.Structure):
    """CK_FUNCTION_LIST."""

    if sys.platform == "win32":
        _pack_ = 1  # PKCS#11 v2.40, 2.1
    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("functions", ctypes.c_void_p * _FUNCTION_COUNT),
    )


class RawTokenInfo(ctypes.Structure):
    """CK_TOKEN_INFO (PKCS#11 v2.40, 3.2)."""

    if sys.platform == "win32":
        _pack_ = 1  # PKCS#11 v2.40, 2.1
    _fields_ = (
        ("texts", ctypes.c_ubyte * 96),
        ("flags", ctypes.c_ulong),
        ("max_session_count", ctypes.c_ulong),
        ("session_count", ctypes.c_ulong),
        ("max_rw_session_count", ctypes.c_ulong),
        ("rw_session_count", ctypes.c_ulong),
        ("max_pin_len", ctypes.c_ulong),
        ("min_pin_len", ctypes.c_ulong),
        ("total_public_memory", ctypes.c_ulong),
        ("free_public_memory", ctypes.c_ulong),
        ("total_private_memory", ctypes.c_ulong),
        ("free_private_memory", ctypes.c_ulong),
        ("versions_and_time", ctypes.c_ubyte * 20),
    )


def get_token_info(path: str, slot: int) -> RawTokenInfo:
    """Call C_GetTokenInfo (PKCS#11 v2.40, 5.5); PKCS11Error."""
    info = RawTokenInfo()
    prototype = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(RawTokenInfo))
    _check(_function(path, _GET_TOKEN_INFO, prototype)(slot, ctypes.byref(info)))
    return info


def set_pin_on_pad(path: str, session: int) -> None:
    """Call C_SetPIN without PINs: both are typed on the token's pad (v2.40, 5.5); PKCS11Error."""
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_ulong,
        ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong,
    )  # fmt: skip
    _check(_function(path, _SET_PIN, prototype)(session, None, 0, None, 0))


def _function(path: str, number: int, prototype: Any) -> Any:  # noqa: ANN401 - ctypes is untyped
    functions = ctypes.POINTER(_FunctionList)()
    get = ctypes.CDLL(path).C_GetFunctionList
    get.restype = ctypes.c_ulong
    _check(get(ctypes.byref(functions)))
    return prototype(functions.contents.functions[number])


def _check(result: int) -> None:
    if result:
        raise _ERRORS.get(result, p11.GeneralError)(f"0x{result:x}")
