"""Windows: device arrival, as WM_DEVICECHANGE tells it, without a window.

CM_Register_Notification (cfgmgr32, Windows 8 and later) calls back from a thread of the system's.
"""

from __future__ import annotations

import asyncio
import sys

from agent.tokens.events.source import ThreadBell, Told
from agent.tokens.model import ModuleKind

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _ALL_DEVICE_INTERFACES = 0x00000001  # CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES
    _TYPE_DEVICE_INTERFACE = 0  # CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE
    _ARRIVAL, _REMOVAL = 0, 1  # CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL, …REMOVAL

    class _Filter(ctypes.Structure):
        """CM_NOTIFY_FILTER; its union is as large as MAX_DEVICE_ID_LEN wide characters."""

        _fields_ = (
            ("size", wintypes.DWORD),
            ("flags", wintypes.DWORD),
            ("type", wintypes.DWORD),
            ("reserved", wintypes.DWORD),
            ("union", wintypes.WCHAR * 200),
        )

    _Callback = ctypes.WINFUNCTYPE(
        wintypes.DWORD, wintypes.HANDLE, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p,
        wintypes.DWORD,
    )  # fmt: skip

    class DeviceChanges:
        """Tells of devices."""

        name = "devices"
        kinds = frozenset(ModuleKind)
        settles_after: tuple[float, ...] = (0.5, 2.0)

        def __init__(self, hurry: Told) -> None:
            self._hurry = hurry
            self.is_live = False

        async def run(self, changed: Told) -> None:
            """Tell of devices until cancelled."""

            def both() -> None:
                self._hurry()
                changed()

            bell = ThreadBell(both)

            def called(_handle: int, _context: int, action: int, _data: int, _size: int) -> int:
                if action in {_ARRIVAL, _REMOVAL}:
                    bell.ring()
                return 0  # ERROR_SUCCESS

            manager = ctypes.WinDLL("cfgmgr32")
            callback = _Callback(called)  # kept alive by this frame
            wanted = _Filter(
                size=ctypes.sizeof(_Filter),
                flags=_ALL_DEVICE_INTERFACES,
                type=_TYPE_DEVICE_INTERFACE,
            )
            handle = wintypes.HANDLE()
            failed = manager.CM_Register_Notification(
                ctypes.byref(wanted), None, callback, ctypes.byref(handle)
            )
            if failed:
                return
            self.is_live = True
            changed()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                manager.CM_Unregister_Notification(handle)
