"""What a library is for, told from its first bytes."""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soft_token import MODULE

from agent.tokens import widths
from agent.tokens.discovery import libraries
from agent.tokens.discovery.found import (
    NO_LIBRARY,
    NOT_INSTALLED,
    OF_32_BITS,
    OTHER_ARCHITECTURE,
)
from agent.tokens.discovery.libraries import machines_of, why_not_loadable
from agent.tokens.exports import kind_of, kinds_of
from agent.tokens.model import ModuleKind
from agent.tokens.widths import bits_of, interpreter_of


def pe(machine: int) -> bytes:
    return (
        b"MZ".ljust(0x3C, b"\0")
        + struct.pack("<I", 0x80)
        + b"\0" * 0x40
        + b"PE\0\0"
        + struct.pack("<H", machine)
    )


def fat(*cpus: int) -> bytes:
    slices = b"".join(struct.pack(">5I", cpu, 0, 0, 0, 0) for cpu in cpus)
    return struct.pack(">2I", 0xCAFEBABE, len(cpus)) + slices


def thin(cpu: int) -> bytes:
    return struct.pack("<2I", 0xFEEDFACF, cpu)


def test_what_runs_here_can_be_loaded():
    assert why_not_loadable(MODULE) is None
    assert why_not_loadable(MODULE, is_guessed=True) is None


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (4, b"\1", OF_32_BITS),
        (18, b"\x16\0", OTHER_ARCHITECTURE),
        (5, b"\2", OTHER_ARCHITECTURE),
    ],
)
def test_another_word_size_processor_or_byte_order_is_another_architecture(
    tmp_path, offset, value, reason
):
    library = Path(shutil.copy(MODULE, tmp_path))
    with library.open("r+b") as file:
        file.seek(offset)
        file.write(value)
    assert why_not_loadable(str(library)) == reason


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"MZ", b"#!/bin/sh\n", b"\xca\xfe\xba\xbe\0\0\0\x41"]
)
def test_what_is_no_library_is_told_apart(tmp_path, content):
    file = tmp_path / "vendor.so"
    file.write_bytes(content)
    assert why_not_loadable(str(file)) == NO_LIBRARY


def test_the_name_a_library_exports_says_of_what_kind_it_is(tmp_path):
    library = Path(shutil.copy(MODULE, tmp_path / "vendor.so"))
    assert kind_of(MODULE) is ModuleKind.PKCS11
    content = library.read_bytes()
    library.write_bytes(content + b"SKF_EnumDev\0")
    assert kind_of(str(library)) is ModuleKind.PKCS11, "of two kinds the first"
    assert kinds_of(str(library)) == (ModuleKind.PKCS11, ModuleKind.SKF)
    library.write_bytes(content.replace(b"C_GetFunctionList\0", b"SKF_EnumDev\0xxxxxx"))
    assert kind_of(str(library)) is ModuleKind.SKF
    # The names of its other functions begin in the same way.
    library.write_bytes(content.replace(b"C_GetFunctionList\0", b"SKF_EnumDevices_x\0"))
    assert kind_of(str(library)) is None


@pytest.mark.parametrize("path", ["/nowhere/vendor.so", "/a\0b", "/tmp"])
def test_of_what_cannot_be_read_no_kind_is_said(path):
    assert kind_of(path) is None


def test_a_folder_or_nothing_at_all_is_not_installed(tmp_path):
    assert why_not_loadable(str(tmp_path)) == NOT_INSTALLED
    assert why_not_loadable(str(tmp_path / "missing.so")) == NOT_INSTALLED


def test_a_library_of_windows_or_macos_is_for_another_architecture_here(tmp_path):
    for content in (pe(0x8664), thin(0x01000007)):
        file = tmp_path / "vendor"
        file.write_bytes(content)
        assert why_not_loadable(str(file)) == OTHER_ARCHITECTURE


def test_machines_of_windows_are_told_apart():
    assert machines_of(pe(0x8664)) != machines_of(pe(0x014C))
    assert machines_of(b"MZ" + b"\0" * 100) == frozenset()


def test_a_universal_library_of_macos_runs_on_all_it_has_slices_for():
    assert machines_of(fat(0x01000007, 0x0100000C)) == machines_of(thin(0x01000007)) | machines_of(
        thin(0x0100000C)
    )


def test_the_interpreter_runs_on_something():
    assert why_not_loadable(sys.executable) is None


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.builds(
        bytes.__add__,
        st.sampled_from([b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"]),
        st.binary(),
    )
)
def test_no_file_at_all_ends_the_search(head):
    assert all(len(machine) == 3 for machine in libraries.machines_of(head))


@pytest.mark.parametrize(
    ("content", "bits"),
    [
        (pe(0x014C), 32), (pe(0x8664), 64), (pe(0xAA64), 64), (pe(0x0200), None),
        (b"\x7fELF\1", 32), (b"\x7fELF\2", 64), (b"\x7fELF\7", None), (b"\x7fELF", None),
        (b"MZ", None), (b"MZ" + b"\0" * 100, None), (b"", None), (thin(0x01000007), None),
    ],
)  # fmt: skip
def test_a_library_says_of_how_many_bits_it_is(tmp_path, content, bits):
    file = tmp_path / "vendor"
    file.write_bytes(content)
    assert bits_of(str(file)) == bits
    assert bits_of(str(tmp_path)) is None


SKF_NAME = b"\0SKF_EnumDev\0"


@pytest.fixture
def windows(tmp_path, monkeypatch):
    """A 64-bit agent there, whose folder has a Python of 32 bits."""
    python = tmp_path / "x86" / "python.exe"
    python.parent.mkdir()
    python.write_bytes(b"MZ")
    there = SimpleNamespace(platform="win32", executable=str(tmp_path / "odc-agent.exe"))
    monkeypatch.setattr(widths, "sys", there)
    monkeypatch.setattr(libraries, "_interpreter", lambda: machines_of(pe(0x8664)))
    return python


def test_windows_library_of_32_bits_that_speaks_skf_is_loaded_by_a_python_of_32_bits(
    windows, tmp_path
):
    library = tmp_path / "vendor.dll"
    library.write_bytes(pe(0x014C) + SKF_NAME)
    assert why_not_loadable(str(library), is_guessed=True) is None
    assert interpreter_of(str(library)) == str(windows)
    windows.unlink()
    assert why_not_loadable(str(library)) == OF_32_BITS
    assert why_not_loadable(str(library), loaded_by="C:\\python.exe") is None
    assert interpreter_of(str(library), "C:\\python.exe") == "C:\\python.exe"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pe(0x014C) + b"\0C_GetFunctionList\0", OF_32_BITS),
        (pe(0x014C), OF_32_BITS),
        (pe(0xAA64) + SKF_NAME, OTHER_ARCHITECTURE),
        (pe(0x8664) + SKF_NAME, None),
    ],
)
def test_what_is_not_both_is_loaded_by_the_agents_own_or_not_at_all(
    windows, tmp_path, content, reason
):
    library = tmp_path / "vendor.dll"
    library.write_bytes(content)
    assert why_not_loadable(str(library)) == reason
