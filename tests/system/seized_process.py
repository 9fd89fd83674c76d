"""``python seized_process.py FOLDER``: try every way out of a confined process, each in a process of its own.

What became of each is printed as JSON. FOLDER holds a file; a bystander of the same user waits meanwhile.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import platform
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from agent.renewals.scans.worker.__main__ import CPU_SECONDS, MEMORY
from agent.system.confinement import confine

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
FOLDER = Path(sys.argv[1])
FILE, NEW = os.fsencode(FOLDER / "file"), os.fsencode(FOLDER / "new")
OTHER = subprocess.Popen(["sleep", "600"])
AT_FDCWD = -100
PAGE = ctypes.create_string_buffer(8192)
VECTOR = (ctypes.c_size_t * 2)(ctypes.addressof(PAGE), 8)
CODE = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
CODE.write(
    b"\xb8\x14\0\0\0\xcd\x80\xc3"
)  # mov eax, 20 (getpid of 32 bits, writev of 64); int 0x80; ret


def call(name: str, *arguments: object) -> Callable[[], int]:
    """Return an attempt by a function of the C library."""
    return lambda: getattr(libc, name)(*arguments)


def numbered(x86: int, generic: int, *arguments: object) -> Callable[[], int]:
    """Return an attempt by a system call's number."""
    return lambda: libc.syscall(x86 if X86 else generic, *map(ctypes.c_size_t, arguments))


def address(content: bytes) -> int:
    """Return where bytes are, for calls by number."""
    return ctypes.cast(content, ctypes.c_void_p).value or 0


def code_of_32_bits() -> int:
    """Call the kernel as a program of 32 bits does; on aarch64 there is no such way from within."""
    if not X86:
        os.kill(os.getpid(), signal.SIGSYS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(CODE))
    return ctypes.CFUNCTYPE(ctypes.c_int)(start)()


def new_code() -> int:
    libc.mmap.restype = ctypes.c_ssize_t
    return libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_size_t(0))


def old_code() -> int:
    aligned = (ctypes.addressof(PAGE) + 4095) & ~4095
    return libc.mprotect(ctypes.c_size_t(aligned), ctypes.c_size_t(4096), 7)


def work() -> int:
    """Compute, take and give back memory, ask the clock and chance."""
    content = os.urandom(50_000_000)
    return 0 if zlib.decompress(zlib.compress(content, 0)) == content else -1


ATTEMPTS: dict[str, Callable[[], int]] = {
    "open": numbered(2, 56, address(FILE), 0) if X86 else call("open", FILE, 0),
    "open to write": call("open", NEW, os.O_CREAT | os.O_WRONLY, 0o600),
    "openat": call("openat", AT_FDCWD, FILE, 0),
    "openat2": numbered(437, 437, 0, address(FILE), ctypes.addressof(PAGE), 24),
    "creat": numbered(85, 9999, address(NEW), 0o600),
    "name_to_handle_at": call("name_to_handle_at", AT_FDCWD, FILE, PAGE, PAGE, 0),
    "open_by_handle_at": call("open_by_handle_at", AT_FDCWD, PAGE, 0),
    "statx": call("statx", AT_FDCWD, FILE, 0, 0x7FF, PAGE),
    "access": call("access", FILE, 4),
    "readlink": call("readlink", b"/proc/self/exe", PAGE, ctypes.c_size_t(100)),
    "unlink": call("unlink", FILE),
    "unlinkat": call("unlinkat", AT_FDCWD, FILE, 0),
    "truncate": call("truncate", FILE, ctypes.c_long(0)),
    "chmod": call("chmod", FILE, 0o777),
    "chown": call("chown", FILE, 1, 1),
    "rename": call("rename", FILE, NEW),
    "symlink": call("symlink", FILE, NEW),
    "link": call("link", FILE, NEW),
    "mkdir": call("mkdir", NEW, 0o700),
    "mknod": call("mknod", NEW, 0o10600, ctypes.c_size_t(0)),
    "mount": call("mount", None, None, None, 0, None),
    "chroot": call("chroot", os.fsencode(FOLDER)),
    "chdir": call("chdir", os.fsencode(FOLDER)),
    "utimes": call("utimes", FILE, None),
    "setxattr": call("setxattr", FILE, b"user.x", b"y", ctypes.c_size_t(1), 0),
    "inotify": call("inotify_init1", 0),
    "open_tree": numbered(428, 428, 0, address(FILE), 0),
    "fsopen": numbered(430, 430, address(b"tmpfs\0"), 0),
    "kill": call("kill", OTHER.pid, signal.SIGKILL),
    "tgkill": numbered(234, 131, OTHER.pid, OTHER.pid, signal.SIGKILL),
    "sigqueue": call("sigqueue", OTHER.pid, signal.SIGKILL, None),
    "a signal by fcntl": call("fcntl", 0, 8, OTHER.pid),
    "a signal by ioctl": call("ioctl", 2, 0x8901, ctypes.byref(ctypes.c_int(OTHER.pid))),
    "ptrace": call("ptrace", 16, OTHER.pid, None, None),
    "process_vm_readv": call("process_vm_readv", OTHER.pid, VECTOR, 1, VECTOR, 1, 0),
    "process_vm_writev": call("process_vm_writev", OTHER.pid, VECTOR, 1, VECTOR, 1, 0),
    "pidfd_open": numbered(434, 434, OTHER.pid, 0),
    "kcmp": numbered(312, 272, os.getpid(), OTHER.pid, 0, 0, 0),
    "setpriority": call("setpriority", 0, OTHER.pid, 19),
    "limits of another process": call("prlimit", OTHER.pid, 1, (ctypes.c_size_t * 2)(0, 0), None),
    "execve": call("execve", b"/bin/true", None, None),
    "execveat": call("execveat", AT_FDCWD, b"/bin/true", None, None, 0),
    "fork": call("fork"),
    "thread": numbered(56, 220, 0x10F00, 0, 0, 0, 0),
    "unshare": call("unshare", 0x10000000),
    "setuid": numbered(105, 146, os.getuid()),
    "memfd_create": call("memfd_create", b"x", 0),
    "io_uring": numbered(425, 425, 8, ctypes.addressof(PAGE)),
    "keyctl": numbered(250, 219, 0, -2, 1),
    "add_key": numbered(248, 217, address(b"user\0"), address(b"x\0"), address(b"y"), 1, -2),
    "shmget": call("shmget", 0, ctypes.c_size_t(4096), 0o1600),
    "shmat": call("shmat", 0, None, 0),
    "msgget": call("msgget", 0, 0o1600),
    "semget": call("semget", 0, 1, 0o1600),
    "mq_open": numbered(240, 180, address(b"x\0"), os.O_CREAT | os.O_RDWR, 0o600, 0),
    "socket": call("socket", 1, 1, 0),
    "socketpair": call("socketpair", 1, 1, 0, PAGE),
    "pipe": call("pipe", PAGE),
    "dup": call("dup", 0),
    "eventfd": call("eventfd", 0, 0),
    "userfaultfd": numbered(323, 282, 1),
    "bpf": numbered(321, 280, 0, ctypes.addressof(PAGE), 72),
    "perf_event_open": numbered(298, 241, ctypes.addressof(PAGE), 0, -1, -1, 0),
    "personality": call("personality", ctypes.c_ulong(0x0400000)),
    "not dumpable no more": call("prctl", 4, 1, 0, 0, 0),
    "another filter": numbered(317, 277, 1, 0, 0),
    "landlock": numbered(444, 444, 0, 0, 1),
    "code in new memory": new_code,
    "code in old memory": old_code,
    "a number of no call": numbered(9999, 9999),
    "open by x32's number": numbered(0x40000000 | 2, 9999, address(FILE), 0),
    "a call of 32 bits": code_of_32_bits,
    "work": work,
}


def outcome(attempt: Callable[[], int]) -> str:
    """Return what became of an attempt in a confined process."""
    child = os.fork()
    if child == 0:
        confine(memory=MEMORY, cpu_seconds=CPU_SECONDS)
        os._exit(min(ctypes.get_errno(), 254) if attempt() < 0 else 255)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        return f"killed by {-status}"
    return "done" if status == 255 else f"error {status}"


def main() -> None:
    """Try all, and look at the bystander."""
    outcomes = {name: outcome(attempt) for name, attempt in ATTEMPTS.items()}
    outcomes["the bystander"] = "lives" if OTHER.poll() is None else "is dead"
    OTHER.kill()
    OTHER.wait()
    print(json.dumps(outcomes))


main()
