"""SoftHSM for Windows: compiled once from Debian's source, against the interpreter's own libcrypto."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parts import CARRIER, C, interpreter, kept, output, run

SOURCE = "pool/main/s/softhsm2/softhsm2_2.6.1.orig.tar.gz"
HASH = "SHA256:ac9ac1e3f4402f88bf3e626a18f070f8031c031947ed469c6e17482495ec72b6"
CONFIGURATION = C / "softhsm_config.h"
COMPILER = "x86_64-w64-mingw32-g++"
FLAGS = (
    "-O1", "-w", "-std=gnu++11", "-fpermissive", "-DCK_Win32", "-DOPENSSL_SUPPRESS_DEPRECATED",
)  # fmt: skip
# Another library's, a database's, and algorithms that OpenSSL 3 has not.
LEFT_OUT = re.compile(r"Botan|^DB|OSSLED|OSSLGOST")
WHOLE = "."
"""Whose files do not go together: one of its headers cannot be read twice."""
FOLDERS = (
    "common",
    "crypto",
    "data_mgr",
    "handle_mgr",
    "object_store",
    "session_mgr",
    "slot_mgr",
    "win32",
)
LIBRARY = "softhsm2-x64.dll"
"""As the makers' own package for Windows calls it."""


def softhsm() -> Path:
    """Return the folder of SoftHSM's library and of the libcrypto it loads."""
    made_of = f"{HASH}{CONFIGURATION.read_text()}{CARRIER.read_text()}"  # which has the libcrypto
    return kept("wine-softhsm", made_of, _make)


def _make(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        work = Path(name)
        sources = _fetch(work) / "src" / "lib"
        include = _headers(work)
        places = [include, sources, sources / "pkcs11", *(sources / each for each in FOLDERS)]
        objects = _compile(sources, [f"-I{place}" for place in places], work)
        folder.mkdir()
        shutil.copy(interpreter() / "libcrypto-3.dll", folder)
        command = (
            COMPILER,
            "-shared",
            "-static",
            "-s",
            *objects,
            _import_library(work),
            "-lws2_32",
        )
        run(*map(str, command), "-o", str(folder / LIBRARY))


def _fetch(work: Path) -> Path:
    """Fetch the source from the mirror of this machine's apt and return its folder."""
    archive = work / "softhsm.tar.gz"
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Codename: bookworm")
    mirror = output(*query).splitlines()[0].rstrip("/")
    run("/usr/lib/apt/apt-helper", "download-file", f"{mirror}/{SOURCE}", str(archive), HASH)
    run("tar", "--extract", "--file", str(archive), "--directory", str(work))
    [folder] = work.glob("softhsm2-*")
    return folder


def _headers(work: Path) -> Path:
    """Return a folder with the configuration and OpenSSL's headers, one of them made for Windows."""
    include = work / "include"
    shutil.copytree("/usr/include/openssl", include / "openssl")
    for header in Path("/usr/include/x86_64-linux-gnu/openssl").glob("*.h"):
        shutil.copy(header, include / "openssl")
    numbers = include / "openssl" / "configuration.h"
    # Windows' long has 32 bits, so that OpenSSL's words are long long there.
    text = re.sub(
        r"\bundef SIXTY_FOUR_BIT$", "define SIXTY_FOUR_BIT", numbers.read_text(), flags=re.MULTILINE
    )
    text = text.replace("define SIXTY_FOUR_BIT_LONG", "undef SIXTY_FOUR_BIT_LONG")
    numbers.write_text(text)
    shutil.copy(CONFIGURATION, include / "config.h")
    return include


def _compile(sources: Path, includes: list[str], work: Path) -> list[Path]:
    """Compile each folder as one file: its headers are read once, which is most of the time."""

    def compiled(file: Path) -> Path:
        target = work / f"{file.stem}.o"
        run(COMPILER, *FLAGS, *includes, "-c", str(file), "-o", str(target))
        return target

    files = [*_sources(sources / WHOLE), *(_joined(sources / folder, work) for folder in FOLDERS)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compiled, files))


def _joined(folder: Path, work: Path) -> Path:
    file = work / f"all_of_{folder.name}.cpp"
    file.write_text("".join(f'#include "{source}"\n' for source in _sources(folder)))
    return file


def _sources(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.glob("*.cpp")) if not LEFT_OUT.search(file.name)]


def _import_library(work: Path) -> Path:
    file = work / "libcrypto.a"
    definition = work / "libcrypto.def"
    definition.write_text(output("gendef", "-", str(interpreter() / "libcrypto-3.dll")))
    run(
        "x86_64-w64-mingw32-dlltool",
        "-d",
        str(definition),
        "-D",
        "libcrypto-3.dll",
        "-l",
        str(file),
    )
    return file
