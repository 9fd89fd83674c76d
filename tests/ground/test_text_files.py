"""Text files as people save them: every common way is read, GBK is named, and no file has another reader."""

from __future__ import annotations

import ast
import codecs
from collections import Counter
from pathlib import Path

import pytest
from editors import SAVED
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.text_files import TextEncodingError, written_text

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("way", SAVED)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_is_read_however_it_was_saved(way, end):
    text = "[reminders]\nquiet_hours = '22:00-08:00'  # 夜里\n"
    assert written_text(SAVED[way](text.replace("\n", end))) == text


@given(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])))
def test_any_text_is_read_however_it_was_saved(text):
    bare = text.removeprefix("\ufeff")
    for save in SAVED.values():
        assert written_text(save(bare)) == bare or bare.startswith("\ufeff")


def test_gbk_is_named_with_what_to_do():
    with pytest.raises(TextEncodingError, match=r"GBK.*save it as UTF-8"):
        written_text("名称 = '样例'".encode("gbk"))


@pytest.mark.parametrize(
    "content", [b"\xff\xff\xff", b"name \xe9\xff", codecs.BOM_UTF16_LE + b"\0"]
)
def test_what_is_no_text_at_all_says_how_to_save_it(content):
    with pytest.raises(TextEncodingError, match="save it as UTF-8"):
        written_text(content)


READERS = {
    "agent/ground/text_files.py": "the reader itself",
    "agent/ground/held_files.py": "how every file is opened",
    # Certificates, in PEM or DER.
    "agent/settings/trust.py": "the reader of certificates",
    # TOML of text that came from the reader, or that this program wrote.
    "agent/settings/config.py": "TOML of the reader's text",
    "agent/settings/language.py": "TOML of the reader's text",
    "agent/settings/reading.py": "TOML of the reader's text",
    "agent/tokens/discovery/well_known.py": "TOML of the reader's text",
    "native_host/browsers.py": "TOML of the reader's text",
    "sandbox/authority/policy_file.py": "TOML of the reader's text",
    # Scans, pictures, fonts, programs: no text.
    "agent/api/input_files.py": "scans",
    "agent/signing/documents.py": "documents to be signed, byte by byte",
    "agent/cli/papers/input_files.py": "scans; an applicant goes through the reader",
    "agent/renewals/letter/fonts.py": "fonts",
    "agent/tokens/discovery/libraries.py": "libraries",
    "agent/tokens/exports.py": "libraries",
    "agent/tokens/widths.py": "libraries",
    "agent/network/pac/scripts.py": "a PAC program, of which the reader makes text",
    # What this program itself has written.
    "agent/ground/language.py": "own catalogue of texts, compiled",
    "agent/settings/rollout.py": "what the reader gave",
    "agent/renewals/journal/salvage.py": "own database, as far as it can be read",
    "agent/system/autostart/linux.py": "own entry",
    "agent/system/autostart/macos.py": "own entry",
    "agent/system/damage.py": "own data",
    "agent/system/lock.py": "own process id",
    "agent/updates/fetching.py": "own download",
    "agent/updates/repository.py": "a verified download",
    "native_host/files.py": "own manifests",
    "sandbox/authority/ca.py": "own key",
    "sandbox/authority/sms.py": "own outbox",
    "sandbox/conformance/client.py": "own samples, and keys in PEM",
    "sandbox/desk/desk.py": "own data and logs",
    "sandbox/desk/update_repository.py": "packages and own keys",
    "sandbox/skf_token/building.py": "own source",
    "sandbox/skf_token/state.py": "own data",
    "sandbox/usb_token/own_pcscd.py": "the system, and own log",
    "sandbox/usb_token/state.py": "own data",
    # Parts of this program, and the system's files.
    "agent/checks/probes/computer.py": "own source, and /proc",
    "agent/network/pac/worker.py": "own program",
    "agent/tokens/worker/memory.py": "/proc",
    "agent/tokens/worker/skf/quirks.py": "own table",
    "agent/windows/help_window.py": "own pages",
}
"""Who reads a file, or TOML, without the reader; why that is no text of people."""

READING = {"read_text", "read_bytes", "open_to_read"}


def reads(tree: ast.AST) -> Counter[str]:
    """Return what in a module reads files or TOML."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(attr=name) if name in READING:
                found[name] += 1
            case ast.Attribute(value=ast.Name(id="tomllib"), attr=name):
                found[f"tomllib.{name}"] += 1
            case ast.Name(id="open"):
                found["open"] += 1
            case ast.Attribute(attr="open") if _is_for_reading(node):
                found["open"] += 1
            case _:
                pass
    return found


def _is_for_reading(call: ast.Call) -> bool:
    """Return whether a method ``open`` opens a file for reading, as its mode says."""
    modes = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    return any(
        isinstance(mode, ast.Constant) and str(mode.value).strip("bt") in {"r", "r+"}
        for mode in modes
    )


def test_no_file_that_people_write_has_another_reader():
    sources = [
        source
        for room in ("agent", "native_host", "sandbox")
        for source in (ROOT / room).rglob("*.py")
    ]
    found = {
        source.relative_to(ROOT).as_posix()
        for source in sources
        if reads(ast.parse(source.read_text("utf-8")))
    }
    assert found - READERS.keys() == set(), "read it with agent.ground.text_files, or say why not"
    assert READERS.keys() - found == set(), "no longer reads anything"


@pytest.mark.parametrize(
    "source",
    [
        "file.read_text()", "Path('x').read_bytes()", "open('x')", "file.open('rb')",
        "file.open(mode='r')", "tomllib.load(stream)", "tomllib.loads(text)",
    ],
)  # fmt: skip
def test_such_a_reader_would_be_found(source):
    assert reads(ast.parse(source))
