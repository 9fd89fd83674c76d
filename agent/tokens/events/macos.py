"""macOS: USB devices by IOKit, on a run loop in a thread of its own. Not yet run."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading

from agent.tokens.events.source import ThreadBell, Told
from agent.tokens.model import ModuleKind

if sys.platform == "darwin":
    _KINDS = (b"IOServiceFirstMatch", b"IOServiceTerminate")
    """kIOFirstMatchNotification, kIOTerminatedNotification."""

    _Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32)

    class UsbChanges:
        """Tells of USB devices."""

        name = "iokit"
        kinds = frozenset(ModuleKind)
        settles_after: tuple[float, ...] = (0.5, 2.0)

        def __init__(self, hurry: Told) -> None:
            self._hurry = hurry
            self.is_live = False

        async def run(self, changed: Told) -> None:
            """Tell of USB devices until cancelled."""

            def both() -> None:
                self._hurry()
                changed()

            run_loop = _RunLoop(ThreadBell(both))
            threading.Thread(target=run_loop.run, name="iokit", daemon=True).start()
            self.is_live = True
            changed()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                run_loop.stop()

    class _RunLoop:
        """A CFRunLoop that hears of USB devices."""

        def __init__(self, bell: ThreadBell) -> None:
            self._bell = bell
            self._foundation = _framework("CoreFoundation")
            self._io = _framework("IOKit")
            for function in ("IONotificationPortCreate", "IONotificationPortGetRunLoopSource",
                             "IOServiceMatching"):  # fmt: skip
                getattr(self._io, function).restype = ctypes.c_void_p
            self._foundation.CFRunLoopGetCurrent.restype = ctypes.c_void_p
            self._loop: int | None = None

        def run(self) -> None:
            """Watch until stopped."""
            foundation, io = self._foundation, self._io
            port = ctypes.c_void_p(io.IONotificationPortCreate(ctypes.c_uint32(0)))
            source = ctypes.c_void_p(io.IONotificationPortGetRunLoopSource(port))
            self._loop = foundation.CFRunLoopGetCurrent()
            mode = ctypes.c_void_p.in_dll(foundation, "kCFRunLoopDefaultMode")
            foundation.CFRunLoopAddSource(ctypes.c_void_p(self._loop), source, mode)
            callback = _Callback(self._called)
            for kind in _KINDS:
                iterator = ctypes.c_uint32()
                matching = ctypes.c_void_p(io.IOServiceMatching(b"IOUSBHostDevice"))
                io.IOServiceAddMatchingNotification(
                    port, kind, matching, callback, None, ctypes.byref(iterator)
                )
                self._drain(iterator.value)
            foundation.CFRunLoopRun()

        def _called(self, _context: int | None, iterator: int) -> None:
            self._drain(iterator)
            self._bell.ring()

        def _drain(self, iterator: int) -> None:
            """Read an iterator to its end: only then is the next event told."""
            while device := self._io.IOIteratorNext(ctypes.c_uint32(iterator)):
                self._io.IOObjectRelease(ctypes.c_uint32(device))

        def stop(self) -> None:
            """End :meth:`run`."""
            if self._loop is not None:
                self._foundation.CFRunLoopStop(ctypes.c_void_p(self._loop))

    def _framework(name: str) -> ctypes.CDLL:
        return ctypes.CDLL(f"/System/Library/Frameworks/{name}.framework/{name}")
