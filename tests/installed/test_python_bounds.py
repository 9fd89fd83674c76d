"""The package's Python: the one it was built with; a package that could not be installed is not made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINOR = int(
    subprocess.check_output(
        ["/usr/bin/python3", "-c", "import sys; print(sys.version_info.minor)"], text=True
    )
)


@pytest.fixture
def rules(tmp_path):
    """Runs the rules' step that writes the package's control file, with what is in its tree."""
    for name in ("debian/rules", "installer/python_bounds.py"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    program = tmp_path / "bin" / "dh_gencontrol"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)

    def run(*files):
        for file in files:
            found = tmp_path / "debian/odc-agent/usr/lib/odc-agent/lib" / file
            found.parent.mkdir(parents=True, exist_ok=True)
            found.touch()
        return subprocess.run(
            ["make", "--silent", "-f", "debian/rules", "override_dh_gencontrol", f"PYTHON={sys.executable}"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
        )  # fmt: skip

    return run


def packages(minor: int, module: str) -> str:
    return f"python3.{minor}/site-packages/{module}"


def test_the_package_wants_the_python_it_was_built_with(rules):
    done = rules(
        packages(MINOR, f"gi/_gi.cpython-3{MINOR}-x86_64-linux-gnu.so"),
        packages(MINOR, "PySide6/QtCore.abi3.so"),
        packages(MINOR, "agent/app.py"),
    )
    assert done.stderr == ""
    assert f"-Vodc:Python=python3 (>= 3.{MINOR}), python3 (<< 3.{MINOR + 1})\n" in done.stdout


@pytest.mark.parametrize(
    "other",
    [
        packages(MINOR, "gi/_gi.cpython-310-x86_64-linux-gnu.so"),
        packages(MINOR, f"msgspec/_core.cpython-3{MINOR + 1}-x86_64-linux-gnu.so"),
        packages(MINOR + 2, "agent/app.py"),
    ],
)
def test_one_that_could_not_be_installed_is_not_made(rules, other):
    done = rules(packages(MINOR, "agent/app.py"), other)
    assert done.returncode != 0
    assert done.stdout == "", "its control file is not written"
    assert f"would run with this system's Python 3.{MINOR}" in done.stderr


def test_no_other_bound_is_written_down():
    control = (ROOT / "debian/control").read_text("utf-8")
    assert "${odc:Python}" in control
    assert "python3 (" not in control
