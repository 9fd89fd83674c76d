"""The catalogue of sentences: `update` it from the code, `compile` it, `check` that it is complete.

Babel does the work; this only says where things are, so that all three agree.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGES = ("agent", "native_host")
CATALOGUE = ROOT / "agent/locale/zh_CN/LC_MESSAGES/odc-agent.po"
KEYWORDS = {"mark": 1, "translate_count": 2, "counted": 2}
"""What marks sentences, and how many: of two, the second is the plural."""
HEADER = """\
# Sentences of the agent in Simplified Chinese; the English ones are in the code.
# Brought up to date by `make translations`.
# Marks are the guide's: , : ; ! ? ( ) of half width, 。 、 “ ” of full width. A space follows a colon
# before a {value}, a `command` or Latin letters; none stands between it, a semicolon or a bracket and
# Chinese. So is the Chinese of the extension, the native host and the installer; letters are not."""
WRITTEN_ALIKE = (
    "browser_ext/extension/**/*.js*",
    "browser_ext/page/*.js",
    "native_host/*.py",
    "installer/windows/**/*.py",
    "installer/windows/**/*.c",
)
"""Where else Chinese is shown beside the catalogue's."""
_WIDE = re.compile("[\uff0c\uff1a\uff1b\uff01\uff1f\uff08\uff09]")
_HAN = "[\u3400-\u9fff]"
_SPACING = re.compile(f"[\u3400-\u9fff”)}}]:(?=[{{`A-Za-z0-9])|[:;)] (?={_HAN})|{_HAN} \\(")


def sentences() -> Catalog:
    """Return all sentences marked in the code."""
    found = Catalog()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for message in marked(file.read_text("utf-8")):
                found.add(message, locations=[(str(file.relative_to(ROOT)), None)])
    return found


def marked(source: str) -> Iterator[str | tuple[str, ...]]:
    """Yield the sentences a module marks, one with a plural as a pair.

    By the parser: of what is called in an f-string, Python's tokens (which Babel would read) tell only
    since 3.12, and the catalogue would be another one for each Python.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (number := KEYWORDS.get(_called(node))) is not None:
            given = [word.value for word in node.args[:number] if isinstance(word, ast.Constant)]
            words = tuple(word for word in given if isinstance(word, str))
            if len(words) == number:
                yield words[0] if number == 1 else words


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def read() -> Catalog:
    """Return the catalogue as it is."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def updated() -> Catalog:
    """Return the catalogue with the code's sentences, keeping what is translated."""
    catalogue = read()
    catalogue.update(sentences(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER
    return catalogue


def as_text(catalogue: Catalog) -> bytes:
    """Return the catalogue as it is written: the same for the same sentences, without dates."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, sort_output=True, include_lineno=False, omit_header=True, width=100)
    head = f'{HEADER}\nmsgid ""\nmsgstr ""\n'
    fields = ("Content-Type: text/plain; charset=utf-8", "Plural-Forms: nplurals=1; plural=0;")
    lines = "".join(f'"{field}\\n"\n' for field in fields)
    return f"{head}{lines}\n".encode() + buffer.getvalue()


def untranslated(catalogue: Catalog) -> Iterator[str]:
    """Yield the sentences without a translation."""
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and not all(strings):
            yield message.id if isinstance(message.id, str) else message.id[0]


def other_marks(text: str) -> list[str]:
    """Return the marks of full width in a text that are written with half of it."""
    return _WIDE.findall(text)


def other_spaces(text: str) -> list[str]:
    """Return what has a space beside a mark that should have none, or none where one should be."""
    return _SPACING.findall(text)


def written_otherwise(catalogue: Catalog) -> Iterator[str]:
    """Yield the translations, and the lines of others' texts, that do not keep to the catalogue's marks."""
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        yield from (text for text in strings if other_marks(text) or other_spaces(text))
    for pattern in WRITTEN_ALIKE:
        for file in sorted(ROOT.glob(pattern)):
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                if other_marks(line):
                    yield f"{file.relative_to(ROOT)}:{number}: {line.strip()}"


def update() -> int:
    """Rewrite the catalogue and say what is to be translated."""
    catalogue = updated()
    CATALOGUE.write_bytes(as_text(catalogue))
    for sentence in untranslated(catalogue):
        print(f"to translate: {sentence}")
    return 0


def compile_() -> int:
    """Write the binary catalogue gettext reads."""
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, read())
    return 0


def check() -> int:
    """Return 1 where a sentence is missing, untranslated, no longer used or has other marks."""
    catalogue = updated()
    wrong = [f"not translated: {sentence}" for sentence in untranslated(catalogue)]
    wrong += [
        f"marks other than {CATALOGUE.name} says: {text}" for text in written_otherwise(catalogue)
    ]
    if as_text(catalogue) != CATALOGUE.read_bytes():
        wrong.append("the catalogue is not up to date: make translations")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit({"update": update, "compile": compile_, "check": check}[sys.argv[1]]())
