"""The sandbox's SKF library as a DLL, in a Windows process: the token is a process of Linux, over a port."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from parts import ROOT

sys.path.append(str(ROOT / "tests" / "certificates"))
sys.path.append(str(ROOT / "tests" / "keys"))
sys.path.append(str(ROOT / "tests" / "sandbox" / "skf_token"))

from skf_bench import PIN, SkfBench, application, sm2_container

from sandbox.skf_token.answering import FUNCTIONS
from sandbox.skf_token.building import WINDOWS_32, WINDOWS_64, Shape, library

pytestmark = pytest.mark.wine

PROGRAM = """
import ctypes, json, sys
library = ctypes.WinDLL(sys.argv[1])
handle = lambda name, *a: (slot := ctypes.c_void_p(), library[name](*a, ctypes.byref(slot)))[0].value
size, names = ctypes.c_uint32(64), ctypes.create_string_buffer(64)
library.SKF_EnumDev(1, names, ctypes.byref(size))
device = handle("SKF_ConnectDev", names.value)
information = ctypes.create_string_buffer(b"\\xee" * 512, 512)
library.SKF_GetDevInfo(ctypes.c_void_p(device), information)
application = ctypes.c_void_p(handle("SKF_OpenApplication", ctypes.c_void_p(device), b"ODC"))
left = ctypes.c_uint32()
codes = [library.SKF_VerifyPIN(application, 1, pin, ctypes.byref(left)) & 0xFFFFFFFF
         for pin in (b"000000", sys.stdin.buffer.read())]
container = ctypes.c_void_p(handle("SKF_OpenContainer", application, "容器".encode()))
size, certificate = ctypes.c_uint32(4096), ctypes.create_string_buffer(4096)
library.SKF_ExportCertificate(container, 1, certificate, ctypes.byref(size))
print(json.dumps({
    "name": names.value.decode(), "information": len(information.raw.rstrip(b"\\xee")),
    "codes": codes, "certificate": certificate.raw[:size.value].hex(),
}))
"""


def exported(library, target) -> set[str]:
    """Return the names of the standard that a DLL exports, as they are there."""
    objdump = target.compiler.replace("gcc", "objdump")
    said = subprocess.run([objdump, "-p", library], capture_output=True, text=True, check=True)
    return set(re.findall(r"\bSKF_\S+", said.stdout.partition("[Ordinal/Name Pointer]")[2]))


@pytest.mark.parametrize("target", [WINDOWS_32, WINDOWS_64], ids=["32", "64"])
def test_names_are_exported_as_the_standard_has_them(target):
    assert exported(library(target=target), target) == set(FUNCTIONS)


@pytest.fixture
def bench(tmp_path):
    bench = SkfBench(tmp_path, is_on_port=True)
    yield bench
    bench.close()


@pytest.mark.parametrize(("is_packed", "size"), [(True, 294), (False, 296)])
def test_a_windows_program_reads_the_token_and_logs_in(english, bench, is_packed, size):
    container = sm2_container("容器")
    bench.make("key", application(container))
    bench.plug()
    built = bench.library(Shape(is_packed=is_packed), WINDOWS_64)
    done = english.run(
        english.python,
        "-c",
        PROGRAM,
        english.path(built),
        stdin=PIN.encode(),
        env=bench.environment,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "name": "key",
        "information": size,
        "codes": [0x0A000024, 0],
        "certificate": container.signing.certificate.hex(),
    }
    assert bench.report().open_logins == 1
