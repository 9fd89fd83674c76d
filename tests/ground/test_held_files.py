"""Files that others may have open: one place reads, replaces and removes them, here as the plain calls do."""

from __future__ import annotations

import ast
import struct
from pathlib import Path

import pytest

from agent.ground import held_files
from agent.ground.posix_rename import rename_information

ROOT = Path(__file__).parents[2]
PLACE = "agent/ground/held_files.py"
OF_UNIX = {
    "agent/system/autostart/linux.py", "agent/system/autostart/macos.py", "agent/system/ownership.py",
    "agent/tokens/pin/unix.py", "agent/tokens/supervisor.py", "agent/api/server.py",
    "sandbox/skf_token/process.py", "sandbox/skf_token/sockets.py", "sandbox/skf_token/building.py",
    "sandbox/usb_token/own_pcscd.py", "agent/checks/probes/computer.py", "agent/tokens/worker/memory.py",
}  # fmt: skip
"""Sockets, units, /proc: no files of Windows."""
NEVER_REPLACED = {
    "agent/network/pac/worker.py", "agent/tokens/worker/skf/quirks.py", "agent/windows/help_window.py",
    "agent/renewals/letter/fonts.py", "sandbox/usb_token/state.py", "sandbox/conformance/client.py",
    "sandbox/desk/update_repository.py",
}  # fmt: skip
"""Read what is installed with the program, or what a person alone writes."""
FOR_ONE_PROCESS = {
    "agent/desktop/supervisor.py": "a folder of earlier trays, looked at again each time",
    "sandbox/commands/demo.py": "the demo's own folder, when all of it has ended",
}


PATHS_OWN = {"unlink", "rename", "rmtree", "read_bytes", "read_text"}
SYSTEMS_OWN = {"remove", "link", "replace"}


def refused_while_held(tree):
    """Yield what in a module Windows refuses while another process has the file open."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="held_files"))):
                continue
            case ast.Call(func=ast.Attribute(attr=called)) if called in PATHS_OWN:
                yield called
            case ast.Call(func=ast.Attribute(attr="replace"), args=[_], keywords=[]):
                yield "replace"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr=called)):
                yield from {called} & SYSTEMS_OWN
            case ast.Call(func=ast.Attribute(attr="open"), args=[*_, ast.Constant("rb")]):
                yield "open"


def test_no_other_place_reads_replaces_or_removes():
    known = OF_UNIX | NEVER_REPLACED | FOR_ONE_PROCESS.keys() | {PLACE}
    found = {
        source.relative_to(ROOT).as_posix()
        for room in ("agent", "native_host", "sandbox")
        for source in (ROOT / room).rglob("*.py")
        if any(refused_while_held(ast.parse(source.read_text("utf-8"))))
    }
    assert found - known == set(), "use agent.ground.held_files, or say why not"
    assert known - found == set(), "no longer does"


@pytest.mark.parametrize(
    "source",
    ["a.replace(b)", "os.replace(a, b)", "file.unlink()", "a.rename(b)", "shutil.rmtree(a)",
     "file.read_bytes()", "file.open('rb')", "os.link(a, b)"],
)  # fmt: skip
def test_such_a_call_would_be_found(source):
    assert list(refused_while_held(ast.parse(source)))


@pytest.mark.parametrize("source", ["moment.replace(hour=1)", "name.replace('a', 'b')"])
def test_other_calls_of_these_names_are_not_meant(source):
    assert not list(refused_while_held(ast.parse(source)))


def test_what_is_not_there_needs_no_removal(tmp_path):
    held_files.remove(tmp_path / "file")
    held_files.remove_tree(tmp_path / "folder")


def test_of_a_folder_all_goes_that_can(tmp_path):
    folder = tmp_path / "dossiers"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "scan").write_bytes(b"scan")
    held_files.remove_tree(folder)
    assert not folder.exists()


def test_windows_is_told_the_name_as_its_structure_has_it():
    """FILE_RENAME_INFO of 64 bits: flags, a handle from byte 8, the name's bytes, the name from byte 20."""
    told = rename_information("C:\\钥匙")
    flags, root, size = struct.unpack_from("<IxxxxQI", told)
    assert (flags, root, size) == (1 | 2, 0, 10)
    assert told[20:] == "C:\\钥匙\0".encode("utf-16-le")
