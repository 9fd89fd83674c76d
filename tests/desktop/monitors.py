"""Divide a screen into monitors beside one another, as RANDR 1.5 has them: ``monitors.py COUNT``.

Xvfb has one output; what programs go by are monitors.
"""

from __future__ import annotations

import ctypes
import sys


class Monitor(ctypes.Structure):
    """XRRMonitorInfo."""

    _fields_ = [
        ("name", ctypes.c_ulong), ("primary", ctypes.c_int), ("automatic", ctypes.c_int),
        ("noutput", ctypes.c_int), ("x", ctypes.c_int), ("y", ctypes.c_int), ("width", ctypes.c_int),
        ("height", ctypes.c_int), ("mwidth", ctypes.c_int), ("mheight", ctypes.c_int),
        ("outputs", ctypes.POINTER(ctypes.c_ulong)),
    ]  # fmt: skip


def main() -> None:
    """Divide the display that the environment names."""
    count = int(sys.argv[1])
    x, randr = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXrandr.so.2")
    for function in (x.XOpenDisplay, x.XDefaultRootWindow, x.XInternAtom):
        function.restype = ctypes.c_void_p
    randr.XRRAllocateMonitor.restype = ctypes.POINTER(Monitor)
    randr.XRRGetMonitors.restype = ctypes.POINTER(Monitor)
    display = ctypes.c_void_p(x.XOpenDisplay(None))
    root = ctypes.c_void_p(x.XDefaultRootWindow(display))
    found = ctypes.c_int()
    whole = randr.XRRGetMonitors(display, root, 1, ctypes.byref(found))[0]
    width = whole.width // count
    for number in range(count):
        monitor = randr.XRRAllocateMonitor(display, 1 if number == 0 else 0)
        made = monitor.contents
        made.name = x.XInternAtom(display, f"part-{number}".encode(), 0)
        made.primary, made.x, made.width, made.height = (
            number == 0,
            number * width,
            width,
            whole.height,
        )
        made.mwidth, made.mheight = whole.mwidth // count, whole.mheight
        if number == 0:
            made.outputs[0] = whole.outputs[0]
        randr.XRRSetMonitor(display, root, monitor)
    x.XSync(display, 0)
    x.XCloseDisplay(display)


if __name__ == "__main__":
    main()
