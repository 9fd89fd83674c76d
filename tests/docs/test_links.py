"""What the documentation points to is there: files, headings, pictures, and what it names of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
ARCHITECTURE = sorted([ROOT / "docs/architecture.md", *ROOT.glob("docs/architecture/*.md")])
FOLDERS = ("agent", "native_host", "browser_ext", "sandbox", "tests", "installer", "bench")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:agent|native_host|browser_ext|sandbox|tests|installer|docs)/[\w./-]+)`")

FILE = re.compile(r"`([\w/]+\.(?:py|js|toml|sql))`")


def without_code(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors of a page's headings, as a forge writes them; `make docs` sees to the site's own."""
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text("utf-8")), flags=re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {text.strip().replace(" ", "-") for text in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    for link in LINK.findall(without_code(page.read_text("utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", ["security.md", "administrators.md", "authorities.md"])
def test_what_a_page_names_of_the_code_is_there(name):
    named = NAMED.findall((ROOT / "docs" / name).read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def is_there(name, files):
    return (ROOT / name).exists() or any(file.endswith(f"/{name}") for file in files)


@pytest.mark.parametrize("page", ARCHITECTURE, ids=lambda page: page.stem)
def test_a_file_that_an_architecture_page_names_is_in_the_project(page):
    files = [str(file) for folder in FOLDERS for file in (ROOT / folder).rglob("*.*")]
    named = FILE.findall(page.read_text("utf-8"))
    assert [name for name in named if not is_there(name, files)] == []


def test_every_page_is_in_the_site_s_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md")]
    assert [page for page in pages if f" {page}\n" not in navigation] == []
