"""A file that one process has for itself, until it ends."""

from __future__ import annotations

import sys

from sandbox.home import SandboxError
from sandbox.words import words

if sys.platform == "win32":

    def try_lock(_descriptor: int) -> bool:
        raise SandboxError(
            words("虚拟电子钥匙只能在 Linux 上使用。", "The virtual USB token needs Linux.")
        )

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock the file, unless another process has; the system unlocks it however that ends."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
