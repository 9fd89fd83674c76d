"""What 帮助 shows of an installation: its pages, and every picture they name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


def test_every_picture_of_an_installed_page_is_installed_beside_it():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    files = settings["tool"]["setuptools"]["data-files"]
    pages = [PROJECT / page for page in files["share/doc/odc-agent"]]
    named = {name for page in pages for name in PICTURE.findall(page.read_text("utf-8"))}
    pages_folder = "share/doc/odc-agent/"
    installed = {
        f"{folder.removeprefix(pages_folder)}/{Path(file).name}"
        for folder, pictures in files.items()
        if folder.startswith(f"{pages_folder}screenshots")
        for file in pictures
    }
    assert named == installed
    assert all((PROJECT / "docs" / name).is_file() for name in installed)
