"""The folder of programs and its MSI packages on Windows: installed, used, upgraded, repaired, removed."""

from __future__ import annotations

import filecmp
import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import assemble
from installing import CHROME, QUIET, package
from parts import ROOT

from agent import __version__

sys.path.append(str(ROOT / "installer" / "windows"))

from launchers.build import PROGRAMS
from wxs import RUN_KEY

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("packages"), pytest.mark.timeout(400)]

NEWER = "99.0.0"


def test_two_builds_are_the_same_bytes(programs, tmp_path):
    assemble(tmp_path / "again")
    assert differences(programs, tmp_path / "again") == []
    assert not [file for file in programs.rglob("*") if file.suffix in (".py", ".pyi")]


def differences(one, other):
    """Every file that is not in both with the same bytes and the same time."""
    names = {f.relative_to(root) for root in (one, other) for f in root.rglob("*") if f.is_file()}
    return sorted(
        str(name)
        for name in names
        if not (one / name).exists()
        or not (other / name).exists()
        or not filecmp.cmp(one / name, other / name, shallow=False)
        or (one / name).stat().st_mtime != (other / name).stat().st_mtime
    )


def test_no_package_for_people_is_made_of_a_test_build(programs, tmp_path):
    command = [sys.executable, ROOT / "installer/windows/msi.py", programs, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "for tests" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("which", ["machine-zh", "machine-en", "user-zh", "user-en"])
def test_two_packages_are_the_same_bytes(few, tmp_path, which, monkeypatch):
    made = [package(few, tmp_path / str(n), __version__, which).read_bytes() for n in range(2)]
    assert made[0] == made[1]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    dated = package(few, tmp_path / "dated", __version__, which)
    said = subprocess.run(["msiinfo", "suminfo", dated], capture_output=True, text=True, check=True)
    assert said.stdout.count("Tue Nov 14 22:13:20 2023") == 2


def test_a_certificate_signs_programs_and_package(few, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Sample", "-addext",
         "extendedKeyUsage=codeSigning", "-keyout", key, "-out", certificate],
        capture_output=True, check=True,
    )  # fmt: skip
    signed = package(
        few, tmp_path, __version__, "machine-zh", "--sign", "-certs", certificate, "-key", key
    )
    command = ["osslsigncode", "verify", "-CAfile", certificate, "-in"]
    said = subprocess.run([*command, signed], capture_output=True, text=True, check=False).stdout
    assert "Signature verification: ok" in said
    inside = tmp_path / "inside"
    subprocess.run(["msiextract", "-C", inside, signed], capture_output=True, check=True)
    for program in PROGRAMS:
        [file] = inside.rglob(program.name)
        said = subprocess.run([*command, file], capture_output=True, text=True, check=False).stdout
        assert "Signature verification: ok" in said


@pytest.fixture(scope="module")
def commands(programs, tmp_path_factory):
    """The programs without what windows and documents need: half as much to pack and to install."""
    folder = tmp_path_factory.mktemp("commands") / "odc-agent"
    left_out = shutil.ignore_patterns("PySide6", "shiboken6", "lxml", "fontTools", "pypdfium2*")
    shutil.copytree(programs, folder, ignore=left_out, copy_function=os.link)
    return folder


@pytest.fixture(scope="module")
def packages(programs, commands, tmp_path_factory):
    """This version for everybody in Chinese and for one user in both languages; a newer one for everybody."""
    folder = tmp_path_factory.mktemp("packages")
    if "ODC_WINE_PACKAGES" in os.environ:  # made before, by a run of these tests
        folder = Path(os.environ["ODC_WINE_PACKAGES"])
        names = {
            "everybody": f"{__version__}-x64-zh",
            "user": f"{__version__}-x64-user-en",
            "user in chinese": f"{__version__}-x64-user-zh",
            "newer": f"{NEWER}-x64-en",
        }
        return {which: folder / f"odc-agent-{name}.msi" for which, name in names.items()}
    newer = folder / "newer"
    shutil.copytree(programs, newer, copy_function=os.link)
    make_newer(newer)
    return {
        "everybody": package(programs, folder, __version__, "machine-zh"),
        "user": package(commands, folder, __version__, "user-en"),
        "user in chinese": package(commands, folder, __version__, "user-zh"),
        "newer": package(newer, folder, NEWER, "machine-en"),
    }


def make_newer(folder):
    """Have the program say that it is another version."""
    source = folder / "__init__.py"
    source.write_text((ROOT / "agent/__init__.py").read_text().replace(__version__, NEWER))
    compiled = folder / "lib" / "agent" / "__init__.pyc"
    compiled.unlink()
    code = "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], 'lib/agent/__init__.py',"
    code += " True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"
    subprocess.run([sys.executable, "-c", code, source, compiled], check=True)
    source.unlink()


def test_an_older_version_is_refused_with_a_sentence(machine, few, tmp_path):
    windows = machine.windows
    newer = package(few, tmp_path, NEWER, "machine-en")
    assert machine.msiexec("/i", windows.path(newer), QUIET) == 0
    installed = machine.files()
    older = package(few, tmp_path, __version__, "machine-zh")
    assert machine.msiexec("/i", windows.path(older), QUIET) != 0
    assert machine.files() == installed
    assert machine.menu() == ["Certificate Manager"]
    # Windows Installer shows it, and writes it into its log, which Wine does not.
    command = ["msiinfo", "export", older, "LaunchCondition"]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert "已安装更新的版本" in said


def test_for_one_user_without_a_start_at_login(machine, packages):
    windows = machine.windows
    machine.program = (
        windows.drive / "users" / getpass.getuser() / "AppData/Local/Programs/odc-agent"
    )
    before = machine.files()
    installer = windows.path(packages["user"])
    assert machine.msiexec("/i", installer, "NOAUTOSTART=1") == 0
    assert machine.files() == before, "nothing but the user's own"
    manifest = windows.registry("HKEY_CURRENT_USER", CHROME)
    assert windows.file(manifest) == machine.program / "chromium.json"
    assert windows.registry("HKEY_CURRENT_USER", RUN_KEY, "odc-agent") is None
    assert machine.menu() == ["Certificate Manager"]
    assert r"\Programs\odc-agent" in windows.registry("HKEY_CURRENT_USER", "Environment", "PATH")
    assert machine.status() is None

    (machine.program / "odc-agent.com").unlink()
    repair = ("REINSTALL=ALL", "REINSTALLMODE=omus")
    assert machine.msiexec("/i", installer, *repair) == 0
    assert machine.agent("--version").split() == ["odc-agent", __version__]

    in_chinese = windows.path(packages["user in chinese"])
    assert machine.msiexec("/i", in_chinese) == 0, "the same version in the other language"
    assert machine.menu() == ["证照管家"]
    assert machine.agent("--version").split() == ["odc-agent", __version__]
    assert windows.registry("HKEY_CURRENT_USER", RUN_KEY, "odc-agent") is None, (
        "as it was told before"
    )
    assert machine.status() is None

    assert machine.msiexec("/x", in_chinese) == 0
    assert not machine.program.exists()
    assert windows.registry("HKEY_CURRENT_USER", CHROME) is None
    assert machine.menu() == []


def test_a_policy_that_is_wrong_leaves_nothing_installed(machine, packages, tmp_path):
    windows = machine.windows
    before = machine.files()
    wrong = policy(tmp_path / "shared") / "policy.toml"
    wrong.write_text("[browser]\nalow = []\n")
    named = f"POLICY={windows.path(wrong)}"
    assert machine.msiexec("/i", windows.path(packages["everybody"]), named) != 0
    assert machine.files() == before
    assert windows.registry("HKEY_LOCAL_MACHINE", CHROME) is None
    [said] = [file.read_text("utf-8-sig") for file in windows.drive.rglob("odc-agent-setup.log")]
    assert "alow" in said


def policy(folder):
    """What an administrator rolls out: a policy, an authority's file, its certificate."""
    folder.mkdir()
    (folder / "policy.toml").write_text('[browser]\nallow = ["https://*.gov.cn"]\n')
    (folder / "authority.toml").write_text(
        '[[authority]]\nname = "样例"\nissuers = ["CN=Sample"]\nurl = "https://ra.example.cn"\n'
        'trust_anchor = "sample.pem"\n',
        "utf-8",
    )
    (folder / "sample.pem").write_text("a certificate")
    return folder


def test_for_everybody_from_installation_to_removal(machine, packages, tmp_path):
    """One story in order: each chapter starts where the one before ended."""
    windows = machine.windows
    before = machine.files()
    shared = policy(tmp_path / "共享 folder")
    with machine.authority():
        installed_in_silence(machine, packages, shared)
        renewal = begun(machine)
        an_upgrade_replaces_the_agent_and_keeps_all(machine, packages, renewal)
    a_login_starts_the_agent(machine)
    assert machine.msiexec("/x", windows.path(packages["newer"])) == 0
    assert machine.files() == before
    assert windows.registry("HKEY_LOCAL_MACHINE", CHROME) is None
    assert windows.registry("HKEY_LOCAL_MACHINE", RUN_KEY, "odc-agent") is None
    assert machine.menu() == []
    assert (machine.home / "data").is_dir(), "what is the user's stays"


def installed_in_silence(machine, packages, shared):
    windows = machine.windows
    properties = [
        f"{name}={windows.path(shared / file)}"
        for name, file in (("POLICY", "policy.toml"), ("AUTHORITY", "authority.toml"))
    ]
    assert machine.msiexec("/i", windows.path(packages["everybody"]), *properties) == 0
    running = machine.wait_for(machine.status)
    assert running["version"] == __version__
    manifest = windows.file(windows.registry("HKEY_LOCAL_MACHINE", CHROME))
    assert manifest == machine.program / "chromium.json"
    command = windows.registry("HKEY_LOCAL_MACHINE", RUN_KEY, "odc-agent")
    assert command == r'"C:\Program Files\odc-agent\odc-agent.exe" run --wait'
    assert machine.menu() == ["证照管家"]
    written = windows.drive / "ProgramData" / "odc-agent"
    assert {f.name for f in written.iterdir()} == {"policy.toml", "sample.pem"}


def begun(machine):
    """Begin a renewal and return its id; it waits for the applicant."""
    [token] = machine.wait_for(lambda: machine.call("tokens.list", refresh=True)["tokens"])
    [signing] = [c for c in token["certificates"] if c["use"] == "signing"]
    return machine.call("renewals.start", thumbprint=signing["thumbprint"])["id"]


def an_upgrade_replaces_the_agent_and_keeps_all(machine, packages, renewal):
    old = machine.status()
    assert machine.msiexec("/i", machine.windows.path(packages["newer"])) == 0
    new = machine.wait_for(lambda: (s := machine.status()) and s["version"] == NEWER and s)
    assert new["pid"] != old["pid"]
    assert machine.call("renewals.get", id=renewal)["state"] == "drafting"
    assert machine.menu() == ["Certificate Manager"]
    assert (machine.windows.drive / "ProgramData/odc-agent/policy.toml").exists()


def a_login_starts_the_agent(machine):
    machine.windows.end()
    machine.windows.run_unheard("wineboot")
    assert machine.wait_for(machine.status)["version"] == NEWER
