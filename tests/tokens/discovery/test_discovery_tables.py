"""The tables of well-known libraries: ours as it is shipped, and those put beside it."""

from __future__ import annotations

import contextlib
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.tokens.discovery import well_known
from agent.tokens.discovery.p11_kit import multiarch_triplet
from agent.tokens.discovery.well_known import Entry, parse_table, read_tables


def entries(*folders: Path) -> dict[str, Entry]:
    listed, problems = read_tables(folders)
    assert problems == ()
    return {entry.name: entry for entry in listed}


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_our_table_has_the_vendors_of_this_country_and_the_common_ones():
    vendors = " ".join(entry.vendor for entry in entries().values())
    for vendor in (
        "OpenSC",
        "飞天诚信",
        "龙脉科技",
        "海泰方圆",
        "握奇",
        "Thales",
        "Yubico",
        "Bit4id",
    ):
        assert vendor in vendors


def test_every_path_of_ours_is_a_whole_path_of_its_system():
    for entry in entries().values():
        assert entry.linux or entry.darwin or entry.win32
        for path in entry.linux + entry.darwin:
            assert path.startswith("/"), path
            assert path.count("/") >= 3, f"{path}: a file, in a folder only root writes to"
        for path in entry.win32:
            assert re.match(r"(%\w+(\(x86\))?%|C:)\\", path), path
            assert path.endswith(".dll")


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_no_path_of_ours_stands_twice(platform):
    paths = [path for entry in entries().values() for path in getattr(entry, platform)]
    assert len(paths) == len(set(paths)) > 10


def test_names_without_a_public_source_are_marked():
    unconfirmed = {entry.name for entry in entries().values() if not entry.confirmed}
    assert unconfirmed == {"SJK1912-G"}


def test_a_table_beside_ours_adds_replaces_and_takes_away(tmp_path):
    write(
        tmp_path,
        "site.toml",
        """
[[module]]
name = "House"
linux = ["/opt/house/lib.so"]

[[module]]
name = "OpenSC"
vendor = "ours"

[[module]]
name = "SoftHSM"
enabled = false
""",
    )
    found = entries(tmp_path)
    assert found["House"].linux == ("/opt/house/lib.so",)
    assert (found["OpenSC"].vendor, found["OpenSC"].linux) == ("ours", ())
    assert "SoftHSM" not in found


def test_the_administrators_folder_is_above_the_users(tmp_path):
    user, admin = tmp_path / "user", tmp_path / "admin"
    write(user, "a.toml", "[[module]]\nname = 'House'\nvendor = 'user'\n")
    write(admin, "a.toml", "[[module]]\nname = 'House'\nvendor = 'admin'\n")
    assert entries(user, admin)["House"].vendor == "admin"


def test_within_a_folder_the_file_sorted_last_is_on_top_and_others_are_not_read(tmp_path):
    write(tmp_path, "10.toml", "[[module]]\nname = 'House'\nvendor = 'ten'\n")
    write(tmp_path, "20.toml", "[[module]]\nname = 'House'\nvendor = 'twenty'\n")
    write(tmp_path, "30.toml~", "no TOML")
    assert entries(tmp_path)["House"].vendor == "twenty"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[module]", "line 1"),
        ("[[module]]\nvendor = 'x'", "name"),
        ("[[module]]\nname = 'x'\nlinuz = []", "linuz"),
        ("[[module]]\nname = 'x'\nlinux = '/a.so'", "linux"),
        ("[[modules]]\nname = 'x'", "modules"),
        ("a = " + "[" * 5000, ""),
    ],
)
def test_a_table_that_is_not_valid_is_named_with_what_is_wrong(tmp_path, text, told):
    write(tmp_path, "bad.toml", text)
    write(tmp_path, "good.toml", "[[module]]\nname = 'House'\n")
    listed, [problem] = read_tables([tmp_path])
    assert "House" in {entry.name for entry in listed}
    assert problem.code == "module_file_invalid"
    assert str(tmp_path / "bad.toml") in str(problem)
    assert told in str(problem)


def test_a_table_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    _, [problem] = read_tables([tmp_path])
    assert "folder.toml" in str(problem)


def test_a_path_names_its_architecture_by_a_placeholder(tmp_path):
    library = tmp_path / multiarch_triplet() / "vendor.so"
    library.parent.mkdir()
    library.touch()
    entry = Entry(name="House", linux=(f"{tmp_path}/{{triplet}}/vendor.so",))
    assert entry.candidates("linux") == [str(library)]


def test_an_unknown_system_has_no_well_known_libraries():
    assert all(entry.candidates("plan9") == [] for entry in entries().values())


def test_a_file_whose_name_is_not_text_is_passed_over(tmp_path):
    (Path(str(tmp_path)) / "lib\udcff.so").touch()
    assert Entry(name="x", linux=(f"{tmp_path}/*.so",)).candidates("linux") == []


def test_our_table_is_shipped_as_data_and_is_valid_toml():
    content = Path(well_known.__file__).with_name("well_known.toml").read_bytes()
    assert len(tomllib.loads(content.decode())["module"]) == len(entries())


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_table_at_all_ends_otherwise_than_said(content):
    with contextlib.suppress(ValueError):
        parse_table(content)
