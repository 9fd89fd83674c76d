"""What a decoder that has been taken over could do: each way out is tried from inside a confined process."""

from __future__ import annotations

import errno
import json
import signal
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from agent.system import syscalls
from agent.system.syscalls import ALLOW, ARCHITECTURES, KILL, REFUSE, program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")

SEIZED = Path(__file__).with_name("seized_process.py")
REFUSED = {
    "open", "open to write", "openat", "statx", "access", "readlink", "memfd_create", "fork", "thread",
    "a signal by fcntl", "code in new memory", "code in old memory", "limits of another process",
    "not dumpable no more", "a signal by ioctl",
}  # fmt: skip
KILLED = {
    "openat2", "creat", "open_by_handle_at", "name_to_handle_at", "unlink", "unlinkat", "truncate", "chmod",
    "chown", "rename", "symlink", "link", "mkdir", "mknod", "mount", "chroot", "chdir", "utimes", "setxattr",
    "inotify", "open_tree", "fsopen",
    "kill", "tgkill", "sigqueue", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "kcmp",
    "setpriority", "execve", "execveat", "unshare", "setuid",
    "io_uring", "keyctl", "add_key", "shmget", "shmat", "msgget", "semget", "mq_open",
    "socket", "socketpair", "pipe", "dup", "eventfd", "userfaultfd", "bpf", "perf_event_open", "personality",
    "another filter", "landlock",
    "a number of no call", "open by x32's number", "a call of 32 bits",
}  # fmt: skip


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    """Folder with a file of the user's and everything that is tried to it, and to a process of the user's."""
    folder = tmp_path_factory.mktemp("victim")
    (folder / "file").write_bytes(b"untouched")
    (folder / "file").chmod(0o640)
    return folder


@pytest.fixture(scope="module")
def outcomes(victim):
    done = subprocess.run(
        [sys.executable, SEIZED, victim], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_way_is_tried(outcomes):
    assert set(outcomes) == REFUSED | KILLED | {"the bystander", "work"}


@pytest.mark.parametrize("attempt", sorted(KILLED))
def test_what_no_decoder_needs_ends_it(attempt, outcomes):
    assert outcomes[attempt] == f"killed by {signal.SIGSYS:d}"


@pytest.mark.parametrize("attempt", sorted(REFUSED))
def test_what_libraries_try_is_refused(attempt, outcomes):
    assert outcomes[attempt] == f"error {errno.EPERM}"


def test_nothing_has_happened_to_anybody(outcomes, victim):
    assert outcomes["the bystander"] == "lives"
    assert [found.name for found in victim.iterdir()] == ["file"]
    assert (victim / "file").read_bytes() == b"untouched"
    assert stat.S_IMODE((victim / "file").stat().st_mode) == 0o640


def test_its_own_work_goes_on(outcomes):
    assert outcomes["work"] == "done"


BEHIND_LANDLOCK = """
import os, sys
from agent.system.hardening import forbid_privileges
from agent.system.landlock import forbid_files
forbid_privileges()
forbid_files()
file = sys.argv[1]
for attempt, *rest in (os.open, os.O_RDONLY), (os.truncate, 0), (os.symlink, file + "2"), (os.unlink,):
    try:
        attempt(file, *rest)
    except PermissionError:
        print("refused")
"""


def test_landlock_by_itself_takes_the_files(tmp_path):
    (tmp_path / "file").write_bytes(b"untouched")
    command = [sys.executable, "-c", BEHIND_LANDLOCK, tmp_path / "file"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.split() == ["refused"] * 4
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"untouched"


def verdict(filtering: bytes, architecture: int, number: int, *arguments: int) -> int:
    """Return what the kernel would say, reading the program as bpf(4) has it."""
    steps = [struct.unpack_from("HBBI", filtering, at) for at in range(0, len(filtering), 8)]
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    at = loaded = 0
    while True:
        code, if_so, if_not, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (loaded,) = struct.unpack_from("=I", data, value)
            case 0x15:
                at += if_so if loaded == value else if_not
            case 0x45:
                at += if_so if loaded & value else if_not
            case 0x06:
                return value


ON_AARCH64 = {
    "openat": 56, "openat2": 437, "unlinkat": 35, "fchmodat": 53, "renameat2": 276, "symlinkat": 36,
    "kill": 129,
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "execve": 221, "execveat": 281,
    "io_uring_setup": 425, "keyctl": 219, "add_key": 217, "shmget": 194, "socket": 198, "bpf": 280,
}  # fmt: skip


@pytest.mark.parametrize("call", sorted(ON_AARCH64))
def test_the_filter_of_the_other_processor_forbids_the_same(call):
    here = ARCHITECTURES["aarch64"]
    said = verdict(program(here), here.audit, ON_AARCH64[call])
    assert said == (REFUSE if call == "openat" else KILL)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_a_filter_lets_through_what_is_in_the_table_and_nothing_else(name):
    here = ARCHITECTURES[name]
    filtering = program(here)
    allowed = {n for n in range(1024) if verdict(filtering, here.audit, n) == ALLOW}
    calls = (*syscalls.ALLOWED.values(), *syscalls.LIMITED.values())
    assert allowed == {numbers[here.column] for numbers in calls}
    for other in ARCHITECTURES.values():
        if other is not here:
            assert {verdict(filtering, other.audit, n) for n in range(1024)} == {KILL}
