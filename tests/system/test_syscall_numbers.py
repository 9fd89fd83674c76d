"""The filter's numbers of system calls, against the kernel's own headers for both processors. Needs gcc."""

from __future__ import annotations

import re
import subprocess

import pytest

from agent.system.syscalls import ALLOWED, ARCHITECTURES, LIMITED, REFUSED

HEADERS = {
    "x86_64": "#include <asm/unistd_64.h>\n",
    # arch/arm64/include/uapi/asm/unistd.h: what it wants of the generic table
    "aarch64": "#define __ARCH_WANT_RENAMEAT\n#define __ARCH_WANT_NEW_STAT\n"
    "#define __ARCH_WANT_SET_GET_RLIMIT\n#define __ARCH_WANT_TIME32_SYSCALLS\n"
    "#define __ARCH_WANT_SYS_CLONE3\n#define __ARCH_WANT_MEMFD_SECRET\n"
    "#define __BITS_PER_LONG 64\n#include <asm-generic/unistd.h>\n",
}


def numbers(processor: str) -> dict[str, int]:
    """Return the kernel's name of each call with its number."""
    macros = subprocess.run(
        ["gcc", "-E", "-dM", "-"],
        input=HEADERS[processor], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    defined = dict(re.findall(r"^#define (__NR\w+) (\w+)$", macros, re.MULTILINE))

    def value(said: str) -> int | None:
        return int(said) if said.isdigit() else value(defined[said]) if said in defined else None

    return {
        name.removeprefix("__NR_"): found
        for name, said in defined.items()
        if name.startswith("__NR_") and (found := value(said)) is not None
    }


@pytest.mark.parametrize("processor", HEADERS)
def test_every_number_is_the_kernels(processor):
    known, architecture = numbers(processor), ARCHITECTURES[processor]
    ours = {
        name: row[architecture.column] for name, row in (ALLOWED | REFUSED | LIMITED).items()
    } | {"seccomp": architecture.seccomp}
    assert ours == {name: known.get(name) for name in ours}


@pytest.mark.parametrize("processor", HEADERS)
def test_the_kernels_name_of_the_processor_is_right(processor):
    macro = {"x86_64": "AUDIT_ARCH_X86_64", "aarch64": "AUDIT_ARCH_AARCH64"}[processor]
    done = subprocess.run(
        ["gcc", "-E", "-P", "-"],
        input=f"#include <linux/audit.h>\nvalue: {macro}\n",
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    said = done.rpartition("value:")[2].strip()
    assert re.fullmatch(r"[\dxXa-fA-F()|\s]+", said), said
    assert eval(said) == ARCHITECTURES[processor].audit  # a sum of numbers, see above
