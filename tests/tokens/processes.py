"""Looking into processes, as root may: what they hold in memory, and who else could look. Reads /proc."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534


def is_dumpable(pid: int) -> bool:
    """Return whether the kernel lets processes of the same user look into ``pid``.

    The files of a process that is not dumpable belong to root (proc(5)).
    """
    owner = Path(f"/proc/{pid}/fd").stat()
    return (owner.st_uid, owner.st_gid) != (0, 0)


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    """Let children started here be told from root, where the tests run as root."""
    if os.getuid() != 0:
        yield
        return
    before = os.getgid()
    os.setresgid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresgid(before, before, before)


def processes_with(variable: str) -> list[int]:
    """Return the processes that have ``NAME=value`` in their environment."""
    return [
        pid for pid in all_processes() if variable.encode() in read(pid, "environ").split(b"\0")
    ]


def all_processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def read(pid: int, name: str) -> bytes:
    """Return a file of /proc, empty where the process is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def shapes_of(secret: str) -> dict[str, bytes]:
    """Return the bytes a secret may be found as."""
    plain = secret.encode()
    third = len(plain) // 3
    shapes = {
        # In pieces: memory that was given back is partly overwritten.
        **{f"UTF-8 {n}/3": plain[n * third : (n + 1) * third] for n in range(3)},
        "UTF-16": secret.encode("utf-16-le"),
        "UTF-32": secret.encode("utf-32-le"),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
    }
    # In a longer text its letters depend on where it begins; those at the edges on its neighbours.
    for before in range(3):
        letters = base64.b64encode(bytes(before) + plain)
        shapes[f"base64+{before}"] = letters[4 if before else 0 : len(letters) // 4 * 4 - 4]
    return shapes


def holds(content: bytes, secret: str) -> list[str]:
    """Return in which shapes ``content`` holds the secret."""
    return [name for name, shape in shapes_of(secret).items() if shape in content]


def memory_of(pid: int) -> Iterator[bytes]:
    """Yield the readable memory of a process, mapping by mapping; nothing once it is gone."""
    maps = read(pid, "maps").decode()
    with contextlib.ExitStack() as stack:
        try:
            memory = stack.enter_context(Path(f"/proc/{pid}/mem").open("rb", 0))
        except FileNotFoundError:
            return
        for line in maps.splitlines():
            addresses, access, *_ = line.split()
            start, end = (int(address, 16) for address in addresses.split("-"))
            if access.startswith("r") and "[v" not in line:  # not vvar, vdso, vsyscall
                with contextlib.suppress(OSError):  # a mapping beyond its file's end
                    memory.seek(start)
                    yield memory.read(end - start)


def remembers(pid: int, secret: str) -> list[str]:
    """Return in which shapes a process holds the secret in its memory."""
    return sorted({shape for part in memory_of(pid) for shape in holds(part, secret)})
