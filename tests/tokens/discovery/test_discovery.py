"""Which modules are served, from which source, and what is told of the rest."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from soft_token import MODULE, SoftTokens

from agent.settings.config import load_config
from agent.system.paths import Paths
from agent.tokens.discovery import (
    ConfiguredModule,
    Source,
    Surroundings,
    find_modules,
    this_system,
)
from agent.tokens.discovery.p11_kit import P11KitPlaces
from agent.tokens.discovery.well_known import read_tables
from agent.tokens.model import ModuleKind, ModuleSettings, Quirks
from agent.tokens.supervisor import ModuleWorker

_MACHINE = 18
"""Where an ELF file names its processor."""


class Desk:
    """A system of our own: a folder for libraries, p11-kit's folders, a table of well-known paths."""

    def __init__(self, folder: Path) -> None:
        self.libraries = folder / "lib"
        self.modules = folder / "p11-kit"
        self.tables = folder / "modules.d"
        for made in (self.libraries, self.modules, self.tables):
            made.mkdir(parents=True)
        p11_kit = P11KitPlaces(
            system_file=folder / "pkcs11.conf",
            system_modules=folder / "none",
            package_modules=self.modules,
            user_file=None,
            user_modules=None,
            libraries=(self.libraries,),
        )
        self.around = Surroundings(platform="linux", tables=(self.tables,), p11_kit=p11_kit)
        # Ours would find what is installed on the machine the tests run on.
        self.table("00-ours", *(f"[[module]]\nname='{name}'\nenabled=false\n" for name in OURS))

    def install(self, name: str) -> Path:
        """Install a library of its own under ``name``."""
        return Path(shutil.copy(MODULE, self.libraries / name))

    def p11_kit_names(self, name: str, text: str) -> None:
        (self.modules / f"{name}.module").write_text(text)

    def table(self, name: str, *entries: str) -> None:
        (self.tables / f"{name}.toml").write_text("".join(entries))

    def well_known(self, name: str, *paths: Path, kind: str = "") -> None:
        listed = ", ".join(f"'{path}'" for path in paths)
        said = f"kind = '{kind}'\n" if kind else ""
        self.table(name, f"[[module]]\nname = '{name}'\nlinux = [{listed}]\n{said}")

    def find(self, *configured: ConfiguredModule):
        return find_modules(configured, self.around)


OURS = [entry.name for entry in read_tables()[0]]


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def for_another_machine(path: Path) -> Path:
    """Make an ELF library one for another processor."""
    content = bytearray(path.read_bytes())
    content[_MACHINE : _MACHINE + 2] = (b"\x08\x00", b"\x16\x00")[content[_MACHINE] == 8]
    path.write_bytes(content)
    return path


def as_another_kind(path: Path, name: bytes = b"SKF_EnumDev") -> Path:
    """Make a PKCS#11 library one that exports something else."""
    entry_point = b"C_GetFunctionList"
    named = path.read_bytes().replace(entry_point, name.ljust(len(entry_point), b"\0"))
    path.write_bytes(named)
    return path


def sources(found) -> dict[str, str]:
    return {module.name: module.source.value for module in found.modules}


def reasons(found) -> dict[str, str]:
    return {left.module.name: left.report.details["reason"] for left in found.left_out}


def test_a_system_without_modules_has_none(desk):
    found = desk.find()
    assert (found.modules, found.left_out, found.problems) == ((), (), ())


def test_each_source_is_named(desk):
    configured, kit, known = map(desk.install, ("a.so", "b.so", "c.so"))
    desk.p11_kit_names("kit", "module: b.so\n")
    desk.well_known("Known", known)
    found = desk.find(ConfiguredModule(path=str(configured), name="Mine"))
    assert sources(found) == {"Mine": "config", "kit": "p11-kit", "Known": "well-known"}
    assert [module.settings.path for module in found.modules] == [
        str(path) for path in (configured, kit, known)
    ]


def test_a_configured_module_without_a_name_is_called_by_its_file(desk):
    [module] = desk.find(ConfiguredModule(path=str(desk.install("vendor.so")))).modules
    assert module.name == "vendor.so"


def test_configured_modules_are_taken_as_they_are_and_keep_their_variables():
    configured = [
        ConfiguredModule(path="/nowhere.so"),
        ConfiguredModule(path=MODULE, environment={"SOFTHSM2_CONF": "/c"}),
    ]
    found = find_modules(configured)
    assert found.settings == (
        ModuleSettings(path="/nowhere.so"),
        ModuleSettings(path=MODULE, environment={"SOFTHSM2_CONF": "/c"}),
    )
    assert all(module.is_wanted for module in found.modules)
    assert found.problems == ()


def test_nothing_else_is_looked_for_unless_asked():
    assert find_modules(()).modules == ()


def test_one_library_may_be_configured_twice_to_show_different_tokens():
    one, other = ({"SOFTHSM2_CONF": conf} for conf in ("/one", "/other"))
    configured = [ConfiguredModule(path=MODULE, environment=env) for env in (one, other)]
    assert len(find_modules(configured).modules) == 2


def test_a_file_two_sources_name_is_one_module_by_the_first_of_them(desk):
    library = desk.install("real.so.1.0")
    link, other = desk.libraries / "link.so", desk.libraries / "other.so"
    for name in (link, other):
        name.symlink_to(library)
    desk.p11_kit_names("kit", f"module: {other}\n")
    desk.p11_kit_names("kit-again", f"module: {library}\n")
    desk.well_known("Known", library)
    assert sources(desk.find()) == {"kit": "p11-kit"}
    assert sources(desk.find(ConfiguredModule(path=str(link)))) == {"link.so": "config"}


def test_a_module_that_is_switched_off_is_left_alone_whoever_names_it(desk):
    library = desk.install("vendor.so")
    desk.p11_kit_names("kit", "module: vendor.so\n")
    desk.well_known("Known", library)
    found = desk.find(ConfiguredModule(path=str(library), enabled=False))
    assert found.modules == ()
    assert reasons(found) == {"vendor.so": "it is switched off in the configuration"}
    assert found.problems == ()


@pytest.mark.parametrize("line", ["disable-in: odc-agent", "trust-policy: yes"])
def test_what_p11_kit_is_to_leave_alone_does_not_come_back_by_the_table(desk, line):
    library = desk.install("vendor.so")
    desk.p11_kit_names("kit", f"module: vendor.so\n{line}\n")
    desk.well_known("Known", library)
    assert desk.find().modules == ()


def test_of_a_librarys_paths_one_is_served(desk):
    first, second = map(desk.install, ("first.so", "second.so"))
    desk.well_known("Known", desk.libraries / "missing.so", second, first)
    assert [module.settings.path for module in desk.find().modules] == [str(second)]


def test_no_copy_of_a_library_is_served_beside_one_that_is_known_already(desk):
    first, second = map(desk.install, ("first.so", "second.so"))
    desk.well_known("Known", first, second)
    assert sources(desk.find(ConfiguredModule(path=str(second)))) == {"second.so": "config"}


def test_the_first_path_that_can_be_loaded_is_taken(desk):
    other, ours = for_another_machine(desk.install("other.so")), desk.install("ours.so")
    desk.well_known("Known", other, ours)
    found = desk.find()
    assert [module.settings.path for module in found.modules] == [str(ours)]
    assert found.left_out == ()


def test_of_several_versions_the_one_sorted_last_is_taken(desk):
    desk.install("libvendor-1.0.so")
    newest = desk.install("libvendor-1.2.so")
    desk.well_known("Known", desk.libraries / "libvendor-*.so")
    assert [module.settings.path for module in desk.find().modules] == [str(newest)]


def test_a_library_for_another_architecture_is_left_out_and_told_of_only_where_it_is_wanted(desk):
    library = for_another_machine(desk.install("vendor.so"))
    desk.well_known("Known", library)
    found = desk.find()
    assert (found.modules, found.problems) == ((), ())
    assert reasons(found) == {"Known": "it is for another architecture"}
    wanted = desk.find(ConfiguredModule(path=str(library)))
    assert wanted.modules == ()
    [problem] = wanted.problems
    assert problem.code == "module_not_loaded"
    assert str(library) in problem.message
    assert "it is for another architecture" in problem.message
    assert "其他架构" in problem.message_zh


@pytest.mark.parametrize("name", ["C_GetFunctionList", "SKF_EnumDev"])
def test_a_guessed_library_is_served_whichever_standard_it_speaks(desk, name):
    library = as_another_kind(desk.install("vendor.so"), name=name.encode())
    desk.well_known("Known", library)
    [module] = desk.find().modules
    assert module.settings == ModuleSettings(path=str(library)), "its worker sees which"


def test_a_guessed_library_that_is_no_driver_at_all_is_not_loaded(desk):
    library = as_another_kind(desk.install("other.so"), name=b"what_it_exports")
    desk.well_known("Known", library)
    assert reasons(desk.find()) == {"Known": "it is no token driver"}


@pytest.mark.parametrize("kind", ModuleKind)
def test_what_the_configuration_says_of_a_driver_is_said_to_its_worker(desk, kind):
    quirks = Quirks(ulong_bytes=8)
    wanted = ConfiguredModule(path=str(desk.install("vendor.so")), kind=kind, quirks=quirks)
    [module] = desk.find(wanted).modules
    assert (module.settings.kind, module.settings.quirks) == (kind, quirks)


def test_of_a_library_that_speaks_both_the_table_says_which_is_spoken(desk):
    for name, exported, kind in (
        ("both.so", b"SKF_EnumDev\0", ModuleKind.SKF),
        ("one.so", b"", None),  # it does not speak what its name is known for
    ):
        library = desk.install(name)
        library.write_bytes(library.read_bytes() + exported)
        desk.well_known(name, library, kind="skf")
        [found] = [module for module in desk.find().modules if module.name == name]
        assert found.settings.kind is kind


def test_a_text_under_a_librarys_name_is_left_out(desk):
    file = desk.libraries / "vendor.so"
    file.write_text("INPUT(libvendor.so.1)\n")
    desk.well_known("Known", file)
    assert reasons(desk.find()) == {"Known": "it is not a library of this system"}


def test_a_module_of_p11_kit_that_is_not_installed_is_left_out(desk):
    desk.p11_kit_names("kit", "module: gone.so\n")
    found = desk.find()
    assert reasons(found) == {"kit": "it is not installed"}
    assert found.problems == ()


def test_a_critical_module_of_p11_kit_is_wanted_and_served_though_it_is_missing(desk):
    desk.p11_kit_names("kit", "module: gone.so\ncritical: yes\n")
    [module] = desk.find().modules
    assert module.is_wanted
    assert module.settings.path == str(desk.libraries / "gone.so")


def test_a_file_that_is_not_valid_is_named_and_stops_nothing(desk):
    for name in ("a.so", "b.so"):
        desk.install(name)
    desk.p11_kit_names("bad", "what is this\n")
    desk.p11_kit_names("good", "module: a.so\n")
    desk.table("bad", "[[module]\n")
    desk.well_known("Known", desk.libraries / "b.so")
    found = desk.find()
    assert sources(found) == {"good": "p11-kit", "Known": "well-known"}
    assert [problem.code for problem in found.problems] == ["module_file_invalid"] * 2
    assert str(desk.modules / "bad.module") in found.problems[0].message
    assert str(desk.tables / "bad.toml") in found.problems[1].message_zh


def test_a_path_with_a_nul_is_no_end_of_the_search(desk):
    desk.install("a.so")
    desk.p11_kit_names("good", "module: a.so\n")
    desk.table("nul", '[[module]]\nname = "nul"\nlinux = ["/a\\u0000b"]\n')
    found = desk.find(ConfiguredModule(path="/a\0b"))
    assert sources(found) == {"a\0b": "config", "good": "p11-kit"}


async def test_a_softhsm_without_tokens_of_this_user_is_served_but_not_wanted(desk, tmp_path):
    """It is installed on many machines; that it does not work must not alarm everybody."""
    desk.well_known("SoftHSM", Path(MODULE))
    [module] = desk.find().modules
    assert not module.is_wanted
    nowhere = {"SOFTHSM2_CONF": str(tmp_path / "missing.conf")}
    worker = ModuleWorker(ModuleSettings(path=module.settings.path, environment=nowhere))
    try:
        with pytest.raises(Exception, match="cannot be loaded") as caught:
            await worker.content()
    finally:
        await worker.end()
    assert caught.value.code == "module_not_loaded"


async def test_a_module_that_was_found_lists_its_tokens(desk, tmp_path, monkeypatch):
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise("FOUND")
    desk.p11_kit_names("softhsm2", f"module: {MODULE}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tokens.configuration))
    worker = ModuleWorker(desk.find().modules[0].settings)
    try:
        [token] = (await worker.content()).tokens
    finally:
        await worker.end()
    assert token.facts.label == "FOUND"


def test_on_this_machine_opensc_and_softhsm_are_found_once_each():
    found = find_modules((), this_system())
    files = [os.path.realpath(module.settings.path) for module in found.modules]
    assert len(files) == len(set(files))
    names = [Path(file).name for file in files]
    assert {"opensc-pkcs11.so", "libsofthsm2.so"} <= set(names)
    assert not {"p11-kit-proxy.so", "p11-kit-trust.so"} & set(names)


@pytest.mark.parametrize(
    ("text", "looks_around"),
    [
        ("", True),
        ("[[module]]\npath = '/a.so'", False),
        ("module = []", False),
        ("[[module]]\npath = '/a.so'\nenabled = false", True),
        ("discover_modules = true\n[[module]]\npath = '/a.so'", True),
        ("discover_modules = false", False),
    ],
)
def test_others_are_looked_for_where_none_is_configured_or_it_is_said(tmp_path, text, looks_around):
    paths = Paths(config=tmp_path, data=tmp_path, logs=tmp_path, policy=tmp_path)
    paths.config_file.write_text(text)
    assert load_config(paths).looks_around is looks_around


def test_users_and_administrators_have_a_folder_for_tables_each(tmp_path):
    user, admin = tmp_path / "user", tmp_path / "admin"
    paths = Paths(config=user, data=user, logs=user, policy=admin)
    assert paths.module_tables == (user / "modules.d", admin / "modules.d")
    home = Paths(config=user, data=user, logs=user, policy=user)
    assert home.module_tables == (user / "modules.d",)


def test_every_reason_is_said_in_chinese(desk):
    desk.p11_kit_names("a", "module: x.so\ntrust-policy: yes\n")
    desk.p11_kit_names("b", "module: x.so\ndisable-in: odc-agent\n")
    desk.p11_kit_names("c", "remote: |ssh host\n")
    desk.p11_kit_names("d", "module: p11-kit-proxy.so\n")
    found = desk.find(ConfiguredModule(path="/a.so", enabled=False))
    assert len(found.left_out) == 5
    for left in found.left_out:
        assert left.module.source in Source
        assert left.report.details["reason"] not in left.report.message_zh
        assert left.report.message_zh.startswith("未使用")
