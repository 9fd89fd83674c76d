"""The packages of the Windows folder: the locked wheels, and ours; all compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKED = ROOT / "requirements" / "windows.txt"
OURS = ("agent", "native_host")
QT = ("Core", "Gui", "Network", "Qml", "Svg", "Widgets")
"""What is used of Qt, and what that uses; Qml for its engine, which runs PAC programs."""
# Sets of constants are written in the order of their hashes.
_SAME_HASHES = {**os.environ, "PYTHONHASHSEED": "0"}
PLUGINS = ("iconengines", "imageformats", "platforms", "styles")
SUPERFLUOUS = (
    "bin", "*/test", "*/tests", "publicsuffixlist/test*", "publicsuffixlist/update.py",
    "**/*.pyi", "**/py.typed", "**/*.lib", "*.dist-info/RECORD", "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED", "*.dist-info/direct_url.json",
    "PySide6/*.exe", "PySide6/opengl32sw.dll", "PySide6/include", "PySide6/typesystems", "PySide6/glue",
    "PySide6/scripts", "PySide6/doc", "PySide6/qml", "PySide6/metatypes", "PySide6/resources",
    "PySide6/support", "PySide6/translations", "PySide6/lib", "PySide6/examples",
)  # fmt: skip
"""Tools and tests of others, and what tells of the machine this was built on."""


def install(requirements: Path, folder: Path) -> None:
    """Install locked wheels for 64-bit Windows and this Python into ``folder``; their hashes are checked."""
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install",
         "--target", folder, "--platform", "win_amd64", "--only-binary", ":all:",
         "--python-version", f"{sys.version_info.major}.{sys.version_info.minor}",
         "--no-deps", "--no-compile", "--require-hashes", "-r", requirements],
        check=True,
    )  # fmt: skip


def strip(folder: Path) -> None:
    """Remove what no program of ours loads: most of what is installed."""
    for pattern in SUPERFLUOUS:
        _remove(folder.glob(pattern))
    qt = folder / "PySide6"
    kept = {f"qt6{name}.dll".lower() for name in QT} | {f"qt{name}.pyd".lower() for name in QT}
    _remove(
        file
        for file in qt.iterdir()
        if file.name.lower().startswith("qt")
        and file.suffix in (".dll", ".pyd")
        and file.name.lower() not in kept
    )
    _remove(one for one in (qt / "plugins").iterdir() if one.name not in PLUGINS)


def add_ours(folder: Path) -> None:
    """Copy our packages, with their catalogues of sentences."""
    if not any((ROOT / "agent" / "locale").rglob("*.mo")):
        raise SystemExit("the sentences are not compiled: run make setup")
    for package in OURS:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "*.po", "py.typed"),
        )


def pack_host(folder: Path, file: Path) -> None:
    """Write what a browser waits for as one file, out of the sources in ``folder``."""
    content = subprocess.run(
        [sys.executable, "-S", Path(__file__).with_name("pack.py"), folder],
        env=_SAME_HASHES, check=True, capture_output=True,
    ).stdout  # fmt: skip
    file.write_bytes(content)


def compile_all(folder: Path) -> None:
    """Put compiled files in the place of all modules: the same bytes whenever and wherever that is done.

    They are never compared with their sources, which are not there.
    """
    subprocess.run(
        [sys.executable, "-S", "-m", "compileall", "-q", "-b", "-j", "1", "--invalidation-mode",
         "unchecked-hash", "-s", folder, "-p", "lib", folder],
        env=_SAME_HASHES,
        check=True,
    )  # fmt: skip
    _remove(folder.rglob("*.py"))


def _remove(found: Iterable[Path]) -> None:
    for one in list(found):
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)
