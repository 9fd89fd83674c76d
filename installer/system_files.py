"""Write what a package for Linux installs, below a folder.

That is the program in an environment of its own, commands, browsers' manifests, the extension, man
pages, completions, desktop files and icons.

usage: system_files.py DESTINATION WHEELS
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # run as a script, from anywhere

import completions
from browser_examples import examples
from command_tree import command_tree
from manuals import manual

from agent import __version__
from agent.cli.commands import command_parser as agent_parser
from browser_ext.build import TARGETS, build_folder
from native_host.browsers import load_browsers
from native_host.commands import command_parser as host_parser
from native_host.launcher import launcher_script
from native_host.registration import install
from native_host.targets import system_targets

ROOT = Path(__file__).resolve().parents[1]
LINUX = ROOT / "installer" / "linux"
HOME = Path("/usr/lib/odc-agent")
"""Where the program lies, once installed."""
EXAMPLES = Path("/usr/share/doc/odc-agent/examples")
SHARE = Path("/usr/share/odc-agent")
INTERPRETER = HOME / "bin" / "python"
PACKAGES = HOME / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
# Isolated: a user's PYTHONPATH or packages must not get into a program of the system's.
COMMAND = f"""\
#!{INTERPRETER} -I
import sys

from agent.cli import main

sys.exit(main())
"""
SUPERFLUOUS = (
    "publicsuffixlist/test*", "publicsuffixlist/update.py",
    "certifi/tests", "securesystemslib/_vendor/ed25519/.gitignore",
    "PySide6/*.pyi", "PySide6/include", "PySide6/typesystems", "PySide6/glue", "PySide6/scripts",
    "PySide6/Qt/qml", "PySide6/Qt/libexec", "PySide6/Qt/metatypes",
    "PySide6/Qt/plugins/designer", "PySide6/Qt/plugins/qmltooling", "PySide6/Qt/plugins/sqldrivers",
    "PySide6/Qt/lib/libQt6Quick*", "PySide6/Qt/lib/libQt6Qml[A-Z]*", "PySide6/Qt/lib/libQt6Designer*",
    "PySide6/Qt/lib/libQt6Labs*", "PySide6/QtQuick*", "PySide6/QtDesigner*", "PySide6/QtLabs*",
    *(f"PySide6/{tool}" for tool in (
        "assistant", "balsam", "balsamui", "designer", "linguist", "lrelease", "lupdate", "qmlformat",
        "qmllint", "qmlls", "qsb", "svgtoqml",
    )),
)  # fmt: skip
"""Mostly Qt's tools for developers and what it draws in its other language, whose engine alone stays, for
PAC programs: half of what is installed, never loaded."""


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("destination", type=Path)
    parser.add_argument("wheels", type=Path)
    options = parser.parse_args()
    tree = Tree(options.destination.resolve())
    tree.environment(options.wheels)
    tree.pages()
    tree.commands()
    tree.browsers()
    tree.manuals()
    tree.completions()
    tree.desktop()


class Tree:
    """The files below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def environment(self, wheels: Path) -> None:
        """Write the environment: the system's interpreter, the locked wheels, our packages."""
        home = self._at(HOME)
        subprocess.run(
            ["/usr/bin/python3", "-m", "venv", "--without-pip", "--symlinks", home], check=True
        )
        for name in (home / "bin").glob("[aA]ctivate*"):
            name.unlink()
        subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet",
             "--python", home / "bin" / "python", "install", "--no-index", "--no-deps",
             "--no-compile", *sorted(wheels.glob("*.whl"))],
            check=True,
        )  # fmt: skip
        for script in (home / "bin").iterdir():
            if not script.name.startswith("python"):
                script.unlink()
        settings = home / "pyvenv.cfg"
        settings.write_text(settings.read_text("utf-8").replace(str(home), str(HOME)), "utf-8")
        packages = self._at(PACKAGES)
        for package in ("agent", "native_host"):
            shutil.copytree(
                ROOT / package,
                packages / package,
                ignore=shutil.ignore_patterns("__pycache__", "*.po"),
            )
        _remove(packages, SUPERFLUOUS)

    def pages(self) -> None:
        """Write what 帮助 shows: with the program, since Debian's programs may not need /usr/share/doc."""
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        for folder, files in settings["tool"]["setuptools"]["data-files"].items():
            for file in files:
                self._write(HOME / folder / Path(file).name, (ROOT / file).read_bytes())

    def commands(self) -> None:
        """Write the two commands and what starts the agent at login."""
        self._write("/usr/bin/odc-agent", COMMAND.encode(), mode=0o755)
        launcher = launcher_script(str(INTERPRETER), PACKAGES)
        self._write("/usr/bin/odc-native-host", launcher, mode=0o755)
        self._write(HOME / "at-login", (LINUX / "at-login").read_bytes(), mode=0o755)
        self._copy("odc-agent.service", "/usr/lib/systemd/user/odc-agent.service")
        self._copy("odc-agent-autostart.desktop", "/etc/xdg/autostart/odc-agent.desktop")

        # New versions come by the package manager; nobody else is asked.
        self._copy("policy.toml", "/etc/xdg/odc-agent/policy.toml")

    def browsers(self) -> None:
        """Write the manifests for every user, and the extension for who wants to load it."""
        everybodys = system_targets(load_browsers(), root=self._root)
        install(everybodys, launcher=Path("/usr/bin/odc-native-host"), root=self._root)
        for target in TARGETS:
            folder = self._at(SHARE / "extension" / target)
            folder.mkdir(parents=True)
            build_folder(target, folder)
        for name, content in examples().items():
            self._write(EXAMPLES / name, content)

    def manuals(self) -> None:
        """Write the man pages."""
        trees = [command_tree(parser()) for parser in (agent_parser, host_parser)]
        names = tuple(tree.words[0] for tree in trees)
        for tree in trees:
            page = manual(tree, __version__, tuple(n for n in names if n != tree.words[0]))
            content = gzip.compress(page.encode(), 9, mtime=0)
            self._write(f"/usr/share/man/man1/{tree.words[0]}.1.gz", content)

    def completions(self) -> None:
        """Write the completions for three shells."""
        for parser in (agent_parser, host_parser):
            tree = command_tree(parser())
            name = tree.words[0]
            files = {
                f"/usr/share/bash-completion/completions/{name}": completions.bash,
                f"/usr/share/zsh/vendor-completions/_{name}": completions.zsh,
                f"/usr/share/fish/vendor_completions.d/{name}.fish": completions.fish,
            }
            for file, write in files.items():
                self._write(file, write(tree).encode())

    def desktop(self) -> None:
        """Write the entry of the menu, what software centres show, and icons."""
        self._copy("odc-agent.desktop", "/usr/share/applications/odc-agent.desktop")
        self._copy("org.odc.agent.metainfo.xml", "/usr/share/metainfo/org.odc.agent.metainfo.xml")
        for size in (16, 32, 48, 128):
            icon = (ROOT / "browser_ext/extension/icons" / f"{size}.png").read_bytes()
            self._write(f"/usr/share/icons/hicolor/{size}x{size}/apps/odc-agent.png", icon)

    def _at(self, installed: Path | str) -> Path:
        return self._root / Path(installed).relative_to("/")

    def _copy(self, source: str, installed: str) -> None:
        self._write(installed, (LINUX / source).read_bytes())

    def _write(self, installed: Path | str, content: bytes, *, mode: int = 0o644) -> None:
        file = self._at(installed)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)


def _remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        for found in folder.glob(pattern):
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            else:
                found.unlink()


if __name__ == "__main__":
    main()
