"""What the MSI packages say, and what the folder of Windows programs is made of, as far as it is rules.

``make windows-test`` makes them and installs them.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

import pytest

from agent.cli.commands import command_parser as agents_parser
from native_host.browsers import load_browsers
from native_host.identity import HOST_NAME

sys.path.append(str(Path(__file__).parents[2] / "installer" / "windows"))

import interpreter
import msi
import tables
import wxs
import x86
from launchers.build import PROGRAMS

INSTALLER = Path(__file__).parents[2] / "installer" / "windows"
FILES = [
    PurePosixPath(name)
    for name in ("odc-agent.exe", "odc-native-host.exe", "chromium.json", "lib/agent/__init__.pyc")
]
WIX = "{http://schemas.microsoft.com/wix/2006/wi}"


def package(scope="machine", tongue="zh", version="0.1.0"):
    return wxs.Package(version=version, scope=wxs.Scope(scope), tongue=wxs.Tongue(tongue))


def read(scope="machine", tongue="zh"):
    return ET.fromstring(wxs.source(package(scope, tongue), FILES, load_browsers()))


def values(source):
    """The registry as a table: root, key and name to value."""
    return {
        (each.get("Root"), each.get("Key"), each.get("Name")): each.get("Value")
        for each in source.iter(f"{WIX}RegistryValue")
    }


@pytest.mark.parametrize(("scope", "root"), [("machine", "HKLM"), ("user", "HKCU")])
def test_every_browser_of_the_table_is_told_of_the_host(scope, root):
    found = values(read(scope))
    told = {b.name for b in load_browsers() if b.win32}
    assert {"chrome", "edge", "firefox"} <= told
    for browser in load_browsers():
        if browser.win32:
            key = rf"{browser.win32.key}\{HOST_NAME}"
            assert found[root, key, None] == f"[INSTALLFOLDER]{browser.family.value}.json"


def test_login_starts_the_agent_unless_that_is_not_wanted():
    [login] = [c for c in read().iter(f"{WIX}Component") if c.get("Id") == "machine_login"]
    [value] = login.iter(f"{WIX}RegistryValue")
    program, _, words = value.get("Value").rpartition('"')
    assert program == '"[INSTALLFOLDER]odc-agent.exe'
    agents_parser().parse_args(words.split())
    conditions = [s for s in tables.statements(package()) if "Condition" in s and "_login'" in s]
    assert any("NOT (NOAUTOSTART" in s and "machine_login" in s for s in conditions)
    assert any("NOT (" not in s and "machine_no_login" in s for s in conditions)


def test_what_is_called_of_our_program_are_commands_that_there_are():
    commands = [action.command for action in wxs.actions(package()) if action.command]
    assert len(commands) == 5
    for command in commands:
        if command.startswith("-I -m "):
            __import__(command.split()[2])
        elif command == "--end-others":
            assert command in (INSTALLER / "launchers" / "ending.h").read_text("utf-8")
        else:
            agents_parser().parse_args(command.split())


def test_every_action_of_ours_has_its_place():
    sequenced = " ".join(tables.statements(package()))
    for action in wxs.actions(package()):
        assert f"'{action.name}', '{action.when}', {action.number})" in sequenced
    called = {a.get("Id") for a in read().iter(f"{WIX}CustomAction")}
    assert called == {action.name for action in wxs.actions(package())}


def test_all_that_is_said_is_in_the_packages_language():
    said = " ".join(tables.statements(package(tongue="zh")))
    for words in wxs.WORDS.values():
        assert words[wxs.Tongue.CHINESE] in said or words is wxs.WORDS["for user"]
    assert wxs.source(package(tongue="zh"), FILES, load_browsers()).isascii(), (
        "wixl drops what is not"
    )


def test_one_users_package_touches_nothing_of_the_computers():
    source = read("user")
    assert {root for root, _, _ in values(source)} == {"HKCU"}
    folders = {each.get("Id") for each in source.iter(f"{WIX}Directory")}
    assert "LocalAppDataFolder" in folders
    assert "ProgramFiles64Folder" not in folders
    assert not [a for a in wxs.actions(package("user")) if "POLICY" in a.command]


def test_packages_are_told_apart_and_know_their_line():
    every = [package(scope, tongue) for scope in wxs.Scope for tongue in wxs.Tongue]
    assert len({each.product_code for each in every}) == 4
    assert len({each.file_name for each in every}) == 4
    assert package("machine", "zh").upgrade_code == package("machine", "en", "9.9").upgrade_code
    assert package("machine").upgrade_code != package("user").upgrade_code
    assert package().product_code == package().product_code
    assert package().product_code != package(version="0.1.1").product_code


def test_each_language_has_all_words():
    for words in wxs.WORDS.values():
        assert set(words) == set(wxs.Tongue)
        assert any(c >= "\u4e00" for c in words[wxs.Tongue.CHINESE])
        assert words[wxs.Tongue.ENGLISH].isascii()


def test_an_interpreter_for_tests_gets_into_no_package(tmp_path):
    msi.refuse_test_builds(tmp_path, for_tests=False)
    (tmp_path / interpreter.MARK).touch()
    msi.refuse_test_builds(tmp_path, for_tests=True)
    with pytest.raises(msi.TestBuildError, match="no package of it is made"):
        msi.refuse_test_builds(tmp_path, for_tests=False)


def embeddable(folder, name, machine=0x8664):
    folder.mkdir()
    header = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack("<H", machine)
    (folder / f"{name}.dll").write_bytes(header)
    for file in (
        f"{name}.zip",
        f"{name}._pth",
        "python3.dll",
        "python.exe",
        "_ssl.pyd",
        "_ctypes.pyd",
        "libffi-8.dll",
        "vcruntime140.dll",
    ):
        (folder / file).write_text("something")
    return folder


def test_the_interpreters_own_programs_are_not_taken_along(tmp_path):
    own = f"python3{sys.version_info.minor}"
    found = interpreter.find_interpreter(embeddable(tmp_path / "embed", own))
    found.copy(tmp_path / "out")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        f"{own}.dll", f"{own}.zip", f"{own}._pth", "python3.dll", "_ssl.pyd", "_ctypes.pyd",
        "libffi-8.dll", "vcruntime140.dll",
    }  # fmt: skip
    assert (tmp_path / "out" / f"{own}._pth").read_text().split() == [f"{own}.zip", ".", "lib"]


def test_another_python_and_none_at_all_are_refused_in_words(tmp_path):
    with pytest.raises(interpreter.InterpreterError, match="python399"):
        interpreter.find_interpreter(embeddable(tmp_path / "embed", "python399"))
    with pytest.raises(interpreter.InterpreterError, match="PYTHON_EMBED="):
        interpreter.find_interpreter(tmp_path)


OWN = f"python3{sys.version_info.minor}"


def test_the_part_of_32_bits_has_what_loads_a_library_and_the_others_standard_library(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    beside = interpreter.find_interpreter(embeddable(tmp_path / "embed", OWN))
    part = interpreter.find_interpreter(embeddable(tmp_path / "embed32", OWN, 0x014C), 32)
    x86.add_part(part, beside, folder)
    place = folder / "x86"
    assert {file.name for file in place.iterdir()} == {
        "python.exe", f"{OWN}.dll", f"{OWN}._pth", "_ctypes.pyd", "libffi-8.dll", "vcruntime140.dll",
    }  # fmt: skip
    assert (place / f"{OWN}._pth").read_text().split() == [rf"..\{OWN}.zip", "."]
    assert not (folder / interpreter.MARK).exists()
    msi.refuse_test_builds(folder, for_tests=False)


def test_a_part_of_32_bits_for_tests_marks_the_whole(tmp_path):
    beside = interpreter.find_interpreter(embeddable(tmp_path / "embed", OWN))
    part = interpreter.find_interpreter(embeddable(tmp_path / "embed32", OWN, 0x014C), 32)
    (part.folder / interpreter.MARK).touch()
    folder = tmp_path / "programs"
    folder.mkdir()
    x86.add_part(part, beside, folder)
    with pytest.raises(msi.TestBuildError):
        msi.refuse_test_builds(folder, for_tests=False)


@pytest.mark.parametrize(
    ("bits", "machine", "said"),
    [
        (32, 0x8664, "PYTHON_EMBED32|embed-win32"),
        (64, 0x014C, "embed-amd64"),
        (64, 0xAA64, None),
        (32, 0x014C, None),
    ],
)
def test_an_interpreter_of_the_other_width_is_refused(tmp_path, bits, machine, said):
    folder = embeddable(tmp_path / "embed", OWN, machine)
    if said is None:
        assert interpreter.find_interpreter(folder, bits).name == OWN
    else:
        with pytest.raises(interpreter.InterpreterError, match=said):
            interpreter.find_interpreter(folder, bits)


def test_two_versions_do_not_go_together_nor_half_a_part(tmp_path):
    beside = interpreter.Interpreter(tmp_path, "python399")
    part = interpreter.find_interpreter(embeddable(tmp_path / "embed32", OWN, 0x014C), 32)
    with pytest.raises(interpreter.InterpreterError, match="python399"):
        x86.add_part(part, beside, tmp_path)
    (part.folder / "libffi-8.dll").unlink()
    with pytest.raises(interpreter.InterpreterError, match="libffi"):
        x86.add_part(part, interpreter.Interpreter(tmp_path, OWN), tmp_path)


def test_the_browsers_program_is_as_quick_as_its_script():
    [host] = [program for program in PROGRAMS if program.name == "odc-native-host.exe"]
    assert host.start[:3] == ("-I", "-S", "-c")
    assert not host.is_windowed, "its commands speak to a console"
