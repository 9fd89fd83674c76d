"""``installer/bootstrap``: what is installed for whom, what is said meanwhile, and without root."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = (
    "sh",
    "sed",
    "cat",
    "grep",
    "id",
    "dirname",
    "mkdir",
    "rm",
    "tail",
    "wc",
    "sha256sum",
    "env",
)
DEVELOPERS = {"mypy", "playwright", "ruff", "pytest", "hypothesis", "import-linter", "schemathesis"}


def locked(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def test_who_only_runs_it_gets_no_developers_tools_and_the_same_versions():
    run, dev, agent = locked("run"), locked("dev"), locked("agent")
    assert not DEVELOPERS & run.keys()
    assert run.items() <= dev.items()
    assert agent.items() <= run.items()
    assert {"starlette", "uvicorn"} <= run.keys()
    for name in ("run", "dev", "build", "cairo"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        assert text.count("==") <= text.count("--hash=sha256:")


def test_pcscd_comes_with_what_reads_tokens():
    assert "\npcscd\n" in (ROOT / "requirements/apt-run.txt").read_text("utf-8")


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose .venv is in place, and a PATH with nothing but what a test puts there."""
    folder = tmp_path / "checkout"
    (folder / "installer").mkdir(parents=True)
    shutil.copy(ROOT / "installer/bootstrap", folder / "installer")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "pyproject.toml", folder)
    catalogue = folder / "agent/locale/zh_CN/LC_MESSAGES"
    catalogue.mkdir(parents=True)
    (catalogue / "odc-agent.po").touch()
    os.utime(catalogue / "odc-agent.po", (0, 0))
    (catalogue / "odc-agent.mo").touch()
    names = sorted((folder / "requirements").glob("*.txt"))
    content = b"".join(file.read_bytes() for file in [*names, folder / "pyproject.toml"])
    (folder / ".venv").mkdir()
    stamp = folder / ".venv/.odc-installed"
    stamp.write_text(f"run {hashlib.sha256(content).hexdigest()}  -\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(shutil.which(name))
    return folder


def program(checkout, name, script):
    file = checkout.parent / "bin" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def bootstrap(checkout):
    return subprocess.run(
        [checkout / "installer/bootstrap", "run"],
        env={"PATH": str(checkout.parent / "bin"), "LC_ALL": "C"}, text=True, capture_output=True,
        check=False,
    )  # fmt: skip


def test_what_is_in_place_already_is_left_alone_in_silence(checkout):
    program(checkout, "dpkg-query", "echo install ok installed")
    done = bootstrap(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_root_and_sudo_it_says_what_an_administrator_has_to_run(checkout):
    program(checkout, "dpkg-query", "exit 1")
    (checkout.parent / "bin/id").unlink()
    program(checkout, "id", "echo 1000")
    done = bootstrap(checkout)
    assert done.returncode == 1
    assert "not found" not in done.stderr
    assert "there is no sudo" in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "apt-get install" in line]
    assert {"python3-venv", "softhsm2", "pcscd"} <= set(line.split())


def test_a_sudo_that_is_refused_leads_to_the_same_line(checkout):
    program(checkout, "dpkg-query", "exit 1")
    (checkout.parent / "bin/id").unlink()
    program(checkout, "id", "echo 1000")
    program(checkout, "sudo", "exit 1")
    done = bootstrap(checkout)
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends python3-venv" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone installs without sudo")
def test_apt_is_seen_at_work_and_its_words_are_kept(checkout):
    program(checkout, "dpkg-query", "exit 1")
    program(
        checkout, "apt-get", 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "Unpacking $i"; done'
    )
    done = bootstrap(checkout)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Installing \d+ Debian packages, about a minute …\n\.\.\n", done.stdout)
    assert "Unpacking 60\n" in (checkout / "build/setup.log").read_text("utf-8")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone installs without sudo")
def test_what_apt_fails_with_is_shown(checkout):
    program(checkout, "dpkg-query", "exit 1")
    program(checkout, "apt-get", "[ $1 = update ] || { echo E: no space left; exit 100; }")
    done = bootstrap(checkout)
    assert done.returncode == 1
    assert "E: no space left" in done.stderr
    assert "build/setup.log" in done.stderr
