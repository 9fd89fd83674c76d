"""Make MSI packages of a folder that assemble.py has made, by wixl: for everybody and for one user.

Each is there in Chinese and in English, since a package has one language. With --sign our programs and the
packages are signed by osslsigncode; what follows are its options, such as
``--sign -certs company.pem -key company.key -ts TIMESTAMP_SERVER``.

The same folder gives the same bytes; SOURCE_DATE_EPOCH is the time they say, 1980 where it is not set.

usage: msi.py [--for-tests] [--version V] [--only NAME …] FOLDER OUT [--sign OPTION …]
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

sys.path.append(str(Path(__file__).resolve().parents[2]))  # run as a script, from anywhere

from interpreter import MARK, TIME
from launchers.build import PROGRAMS, write_icon
from tables import statements
from wxs import CODE_PAGES, LANGUAGE_IDS, Package, Scope, Tongue, source

from agent import __version__
from native_host.browsers import load_browsers

_DATES = (12, 13)  # PID_CREATE_DTM, PID_LASTSAVE_DTM


def main() -> None:
    """Make the packages."""
    arguments = sys.argv[1:]
    signing: list[str] = []
    if "--sign" in arguments:
        at = arguments.index("--sign")
        arguments, signing = arguments[:at], arguments[at + 1 :]
    options = _parser().parse_args(arguments)
    try:
        refuse_test_builds(options.folder, for_tests=options.for_tests)
    except TestBuildError as error:
        sys.exit(str(error))
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        folder = _signed(options.folder, Path(name) / "programs", signing)
        for package in _wanted(options.version, options.only):
            print(make(package, folder, options.out, signing), flush=True)


class TestBuildError(Exception):
    """What was put together for tests is not to be given to people."""


def refuse_test_builds(folder: Path, *, for_tests: bool) -> None:
    """Raise TestBuildError where the folder's interpreter is none that may be given away."""
    if (folder / MARK).exists() and not for_tests:
        raise TestBuildError(
            f"{folder} was built around an interpreter for tests ({MARK}): no package of it is made"
        )


def make(package: Package, folder: Path, out: Path, signing: Sequence[str] = ()) -> Path:
    """Make one package and return its file."""
    files = sorted(PurePosixPath(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())
    file = out / package.file_name
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        work = Path(name)
        write_icon(work / "program.ico")
        (work / "package.wxs").write_bytes(source(package, files, load_browsers()))
        for one in folder.iterdir():
            (work / one.name).symlink_to(one.absolute())
        _run("wixl", "-a", "x64", "-o", str(file.absolute()), "package.wxs", cwd=work)
        _complete(package, file, files, work)
    if signing:
        _sign(file, signing)
    return file


def _complete(package: Package, file: Path, files: Sequence[PurePosixPath], work: Path) -> None:
    """Say in the package's language what it is, and add what wixl has no elements for."""
    code_page, language = CODE_PAGES[package.tongue], LANGUAGE_IDS[package.tongue]
    (work / "_ForceCodepage.idt").write_bytes(f"\r\n\r\n{code_page}\t_ForceCodepage\r\n".encode())
    _run("msibuild", str(file), "-i", str(work / "_ForceCodepage.idt"))
    _run("msibuild", str(file), "-q", *statements(package))
    # Each package of other content is another one, each of the same content the same.
    identity = hashlib.sha256(package.product_code.encode())
    for each in files:
        identity.update((work / each).read_bytes())
    code = str(uuid.UUID(bytes=identity.digest()[:16], version=4)).upper()
    about = (package.name, "ODC Agent", f"x64;{language}", f"{{{code}}}")
    _run("msibuild", str(file), "-s", *about)
    _set_dates(file, work)


def _set_dates(file: Path, work: Path) -> None:
    """Have the package say a time that does not depend on when it is made (reproducible-builds.org)."""
    time = int(os.environ.get("SOURCE_DATE_EPOCH", TIME))
    said = dt.datetime.fromtimestamp(time, dt.UTC).strftime("%Y/%m/%d %H:%M:%S")
    rows = ["PropertyId\tValue", "i2\tl255", "_SummaryInformation\tPropertyId"]
    rows += [f"{each}\t{said}" for each in _DATES]
    (work / "_SummaryInformation.idt").write_bytes("\r\n".join([*rows, ""]).encode())
    _run("msibuild", str(file), "-i", str(work / "_SummaryInformation.idt"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what assemble.py has made")
    parser.add_argument("out", type=Path, help="where the packages go")
    parser.add_argument("--for-tests", action="store_true", help="take a test build too")
    parser.add_argument("--version", default=__version__, help="instead of the program's own")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="as machine-zh; may be repeated")  # fmt: skip
    return parser


def _wanted(version: str, only: Sequence[str]) -> list[Package]:
    packages = [
        Package(version=version, scope=scope, tongue=tongue) for scope in Scope for tongue in Tongue
    ]
    return [p for p in packages if not only or f"{p.scope.value}-{p.tongue.value}" in only]


def _signed(folder: Path, copy: Path, signing: Sequence[str]) -> Path:
    """Return a folder whose programs of ours are signed; the interpreter's files are by their makers."""
    if not signing:
        return folder
    shutil.copytree(folder, copy)
    for program in PROGRAMS:
        _sign(copy / program.name, signing)
    return copy


def _sign(file: Path, options: Sequence[str]) -> None:
    unsigned = file.with_name(f"{file.name}.unsigned")
    file.rename(unsigned)
    _run("osslsigncode", "sign", "-h", "sha256", *options, "-in", str(unsigned), "-out", str(file))
    unsigned.unlink()


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
