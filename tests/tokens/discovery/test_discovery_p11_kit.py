"""p11-kit's configuration, read as p11-kit reads it; libp11-kit itself is asked what it would load."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import foreign_rooms as rooms
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.tokens.discovery.p11_kit import P11KitPlaces, p11_kit_places, read_p11_kit
from agent.tokens.discovery.p11_kit_format import FormatError, parse

LIBRARY_FOLDER = Path("/usr/lib/x86_64-linux-gnu/pkcs11")

_ASK = """
import ctypes, json, sys

kit = ctypes.CDLL("libp11-kit.so.0")
for function in ("p11_kit_module_get_filename", "p11_kit_config_option"):
    getattr(kit, function).restype = ctypes.c_void_p
kit.p11_kit_module_get_filename.argtypes = [ctypes.c_void_p]
kit.p11_kit_config_option.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
kit.p11_kit_modules_load.restype = ctypes.POINTER(ctypes.c_void_p)
text = lambda at: ctypes.cast(at, ctypes.c_char_p).value.decode() if at else None

files = [name.encode() for name in sys.argv[1:]]  # kept: the library does not copy them
kit.p11_kit_override_system_files(*files)
kit.p11_kit_set_progname(b"odc-agent")
loaded, modules = [], kit.p11_kit_modules_load(None, 0)
while modules and modules[len(loaded)]:
    module = modules[len(loaded)]
    loaded.append([text(kit.p11_kit_module_get_filename(module)),
                   text(kit.p11_kit_config_option(module, b"trust-policy")),
                   text(kit.p11_kit_config_option(module, b"remote"))])
print(json.dumps(loaded))
"""


@dataclass
class Configuration:
    """p11-kit's files in a folder of their own."""

    folder: Path

    @property
    def places(self) -> P11KitPlaces:
        return P11KitPlaces(
            system_file=self.folder / "system.conf",
            system_modules=self.folder / "system",
            package_modules=self.folder / "package",
            user_file=self.folder / "user.conf",
            user_modules=self.folder / "user",
            libraries=(LIBRARY_FOLDER,),
        )

    def write(self, file: str, text: str) -> None:
        """Write ``system.conf``, ``user/name.module`` and the like."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def p11_kit(self) -> list[str]:
        """Return what libp11-kit loads for a program of our name, without what is not for us."""
        places = self.places
        files = (
            places.system_file, places.user_file, places.package_modules, places.system_modules,
            places.user_modules,
        )  # fmt: skip
        command = rooms.as_user(sys.executable, "-c", _ASK, *map(str, files))
        loaded = json.loads(rooms.run(*command))
        return [
            os.path.realpath(path)
            for path, trust, remote in loaded
            if trust != "yes" and remote is None
        ]

    def ours(self) -> list[str]:
        """Return what we would load, of what is installed."""
        paths = [module.settings.path for module in read_p11_kit(self.places).modules]
        return [os.path.realpath(path) for path in paths if Path(path).is_file()]

    def reasons(self) -> dict[str, str]:
        left_out = read_p11_kit(self.places).left_out
        return {left.module.name: left.report.details["reason"] for left in left_out}


@pytest.fixture
def configuration(tmp_path) -> Configuration:
    reason = rooms.missing(str(LIBRARY_FOLDER / "p11-kit-trust.so"), "/usr/bin/p11-kit")
    if reason:
        pytest.skip(reason)
    return Configuration(tmp_path)


def test_modules_of_packages_system_and_user_are_found_as_p11_kit_finds_them(configuration):
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\n")
    configuration.write(
        "system/softhsm.module", "module: /usr/lib/softhsm/libsofthsm2.so\npriority: 2\n"
    )
    configuration.write("user/client.module", "module: p11-kit-client.so\npriority: 1\n")
    found = configuration.ours()
    assert [Path(path).name for path in found] == [
        "libsofthsm2.so", "p11-kit-client.so", "opensc-pkcs11.so",
    ]  # fmt: skip
    assert found == configuration.p11_kit()


def test_of_the_same_priority_modules_are_sorted_by_name_as_p11_kit_does(configuration):
    configuration.write("package/b.module", "module: opensc-pkcs11.so\n")
    configuration.write("user/c.module", "module: p11-kit-client.so\n")
    configuration.write("system/a.module", "module: /usr/lib/softhsm/libsofthsm2.so\n")
    assert len(configuration.ours()) == 3
    assert configuration.ours() == configuration.p11_kit()


@pytest.mark.parametrize("mode", ["none", "merge", "only", "override", None])
@pytest.mark.parametrize("who", ["system", "user"])
def test_user_config_is_followed(configuration, who, mode):
    if mode is not None:
        configuration.write(f"{who}.conf", f"user-config: {mode}\n")
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\n")
    configuration.write("user/client.module", "module: p11-kit-client.so\n")
    assert set(configuration.ours()) == set(configuration.p11_kit())
    assert len(configuration.ours()) == (2 if mode in ("merge", None) else 1)


def test_a_users_file_changes_single_values_of_the_systems(configuration):
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\n")
    configuration.write("user/opensc.module", "disable-in: odc-agent, firefox\n")
    assert configuration.ours() == configuration.p11_kit() == []
    assert configuration.reasons() == {"opensc": "it is meant for other programs"}


@pytest.mark.parametrize("upper", ["user", "system"])
def test_where_two_files_say_different_things_the_upper_one_counts(configuration, upper):
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\nenable-in: firefox\n")
    configuration.write(f"{upper}/opensc.module", "enable-in: odc-agent\n")
    assert configuration.ours() == configuration.p11_kit() != []


def test_a_blank_module_takes_back_what_the_system_names(configuration):
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\n")
    configuration.write("user/opensc.module", "module:\n")
    assert configuration.ours() == configuration.p11_kit() == []
    assert configuration.reasons() == {"opensc": "it is switched off in the configuration"}


@pytest.mark.parametrize(
    ("line", "is_ours"),
    [
        ("enable-in: odc-agent", True),
        ("enable-in: firefox odc-agent", True),
        ("enable-in: firefox,thunderbird", False),
        ("enable-in: odc-agents", False),
        ("enable-in:", False),
        ("disable-in: firefox", True),
        ("disable-in: firefox,odc-agent", False),
        ("disable-in:", True),
        ("enable-in: odc-agent\ndisable-in: odc-agent", True),
        ("disable-in: p11-kit-proxy", True),
    ],
)
def test_a_module_is_enabled_for_our_name(configuration, line, is_ours):
    configuration.write("package/opensc.module", f"module: opensc-pkcs11.so\n{line}\n")
    assert bool(configuration.ours()) is bool(configuration.p11_kit()) is is_ours


def test_trust_stores_remote_modules_and_the_proxy_are_left_alone(configuration):
    configuration.write("package/trust.module", "module: p11-kit-trust.so\ntrust-policy: yes\n")
    configuration.write("package/far.module", "remote: |ssh host p11-kit remote /x.so\n")
    configuration.write("package/proxy.module", "module: ../p11-kit-proxy.so\n")
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\n")
    assert configuration.ours() == configuration.p11_kit()
    assert configuration.reasons() == {
        "trust": "it holds trusted certificates, not tokens",
        "far": "it runs on another machine",
        "proxy": "it would show all other drivers' tokens again",
    }


def test_the_proxy_is_known_under_any_name(configuration, tmp_path):
    (tmp_path / "vendor.so").symlink_to(rooms.PROXY)
    configuration.write("package/proxy.module", f"module: {tmp_path}/vendor.so\n")
    assert configuration.ours() == []
    assert "proxy" in configuration.reasons()


def test_a_file_without_its_suffix_is_read_as_p11_kit_still_does(configuration):
    configuration.write("package/opensc.conf", "module: opensc-pkcs11.so\n")
    assert configuration.ours() == configuration.p11_kit() != []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("package/bad.module", "module opensc-pkcs11.so\n"),
        ("package/bad.module", "[section]\nmodule: x.so\n"),
        ("user/bad.module", "module: x.so\n-----BEGIN CERTIFICATE-----\n"),
        ("user/bad.module", "module: a\0b\n"),
        ("system.conf", "user-config: sometimes\n"),
        ("user.conf", "nonsense\n"),
    ],
)
def test_a_file_that_is_not_valid_is_named_and_the_others_are_served(configuration, file, text):
    configuration.write("package/opensc.module", "module: opensc-pkcs11.so\n")
    configuration.write(file, text)
    [problem] = read_p11_kit(configuration.places).problems
    assert problem.code == "module_file_invalid"
    assert str(configuration.folder / file) in str(problem)
    assert [Path(path).name for path in configuration.ours()] == ["opensc-pkcs11.so"]


def test_a_file_that_is_not_text_is_named(configuration):
    configuration.write("package/bad.module", "")
    (configuration.folder / "package/bad.module").write_bytes(b"module: \xff.so\n")
    [problem] = read_p11_kit(configuration.places).problems
    assert "bad.module" in str(problem)


def test_this_machines_configuration_is_found_where_p11_kit_has_it(configuration):
    """``p11-kit`` itself lists what the packages of this machine configured."""
    done = subprocess.run(["p11-kit", "list-modules"], capture_output=True, text=True, check=True)
    # "name: library", and since 0.25 "module: name".
    lines = [line.split(": ") for line in done.stdout.splitlines() if line[:1].strip()]
    listed = {second if first == "module" else first for first, second in lines}
    places = p11_kit_places("linux", {"P11_KIT_NO_USER_CONFIG": "1"})
    reading = read_p11_kit(places)
    named = {module.name for module in reading.modules}
    assert named | {left.module.name for left in reading.left_out} == listed
    assert {"opensc-pkcs11", "softhsm2"} <= named
    assert "p11-kit-trust" not in named


def test_the_users_files_are_where_the_environment_says():
    def folder(**environment: str) -> Path | None:
        return p11_kit_places("linux", environment, uid=1000).user_modules

    assert folder(XDG_CONFIG_HOME="/x", HOME="/h") == Path("/x/pkcs11/modules")
    assert folder(HOME="/h") == Path("/h/.config/pkcs11/modules")
    assert folder(HOME="/h", P11_KIT_NO_USER_CONFIG="1") is None


def test_root_has_no_files_of_its_own():
    places = p11_kit_places("linux", {"HOME": "/root"}, uid=0)
    assert (places.user_file, places.user_modules) == (None, None)


def test_windows_has_no_p11_kit():
    assert p11_kit_places("win32", {}) is None


LINES = st.sampled_from([
    "module: {library}", "module:", "  module :{library}  ", "trust-policy: yes", "trust-policy: no",
    "enable-in: odc-agent", "enable-in: other", "disable-in: odc-agent", "disable-in: other",
    "# module: x", "", "\t", "x-custom: a: b", "priority: 5", "priority: -1", "critical: no",
])  # fmt: skip
FILES = st.lists(LINES, max_size=4).map("\n".join)
LIBRARIES = {
    "a": "opensc-pkcs11.so",
    "b": "/usr/lib/softhsm/libsofthsm2.so",
    "c": "p11-kit-client.so",
}
MODES = st.sampled_from(["", "user-config: none", "user-config: merge", "user-config: only"])


@given(
    files=st.dictionaries(
        st.tuples(st.sampled_from(["package", "system", "user"]), st.sampled_from("abc")), FILES
    ),
    system=MODES,
    user=MODES,
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_configured_we_load_what_p11_kit_loads(tmp_path_factory, files, system, user):
    configuration = Configuration(tmp_path_factory.mktemp("p11-kit"))
    configuration.write("system.conf", system)
    configuration.write("user.conf", user)
    for (layer, name), text in files.items():
        configuration.write(f"{layer}/{name}.module", text.replace("{library}", LIBRARIES[name]))
    assert configuration.ours() == configuration.p11_kit()


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text):
    with contextlib.suppress(FormatError):
        assert all(":" not in name for name in parse(text))


VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=20)
NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,9}", fullmatch=True)


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES))
def test_what_is_written_is_read(settings):
    text = "".join(f" {name} :\t{value} \r\n# comment: none\n" for name, value in settings.items())
    assert parse(text) == settings
