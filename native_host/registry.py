"""The registry entries that name manifests on Windows; elsewhere there are none."""

from __future__ import annotations

import sys
from contextlib import suppress

from native_host.identity import HOST_NAME

if sys.platform == "win32":
    import winreg

    def _root(*, system: bool) -> int:
        return winreg.HKEY_LOCAL_MACHINE if system else winreg.HKEY_CURRENT_USER

    def read(key: str, *, system: bool = False) -> str | None:
        """Return the manifest an entry names; None where there is none."""
        with suppress(OSError):
            return winreg.QueryValue(_root(system=system), rf"{key}\{HOST_NAME}")
        return None

    def write(key: str, manifest: str, *, system: bool = False) -> bool:
        """Make an entry name ``manifest``; return whether that needed writing."""
        if read(key, system=system) == manifest:
            return False
        winreg.SetValue(_root(system=system), rf"{key}\{HOST_NAME}", winreg.REG_SZ, manifest)
        return True

    def remove(key: str, *, system: bool = False) -> None:
        """Remove an entry, where there is one."""
        with suppress(OSError):
            winreg.DeleteKey(_root(system=system), rf"{key}\{HOST_NAME}")

    def has_vendor(key: str) -> bool:
        """Return whether the browser has left anything in this user's registry."""
        with suppress(OSError), winreg.OpenKey(_root(system=False), key.rpartition("\\")[0]):
            return True
        return False

else:

    def read(key: str, *, system: bool = False) -> str | None:
        """Return the manifest an entry names; None where there is none."""
        raise NotImplementedError(f"no registry for {key}, system={system}")

    def write(key: str, manifest: str, *, system: bool = False) -> bool:
        """Make an entry name ``manifest``; return whether that needed writing."""
        raise NotImplementedError(f"no registry for {key}, {manifest}, system={system}")

    def remove(key: str, *, system: bool = False) -> None:
        """Remove an entry, where there is one."""
        raise NotImplementedError(f"no registry for {key}, system={system}")

    def has_vendor(key: str) -> bool:
        """Return whether the browser has left anything in this user's registry."""
        raise NotImplementedError(f"no registry for {key}")
