"""The language and the output of commands on the Windows this runs on, be it Chinese or English."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from agent.ground.language import Language, desktop_language
from agent.ground.streams import heard

pytestmark = pytest.mark.windows

SAYING = """
from agent.cli.ground.output import say, say_json
from agent.ground.streams import replace_what_cannot_be_said
replace_what_cannot_be_said()
say("✓ 证书 ✗ 𠮷 Müller")
say_json({"name": "✗ 证书"}, indent=None)
"""


def code_page():
    return ctypes.WinDLL("kernel32").GetACP()


def test_the_language_is_that_of_windows_menus():
    is_chinese = code_page() == 936
    assert desktop_language({}) is (Language.ZH if is_chinese else Language.EN)
    assert desktop_language({"LANG": "en_US.UTF-8"}) is Language.EN


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_redirected_output_says_what_its_code_page_has(stream):
    script = SAYING if stream == "stdout" else f"import sys; sys.stdout = sys.stderr\n{SAYING}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", path() + script], capture_output=True, check=False
    )
    said, nothing = (done.stdout, done.stderr)[:: 1 if stream == "stdout" else -1]
    assert (done.returncode, nothing) == (0, b"")
    words, value = heard(said).splitlines()
    expected = {936: "√ 证书 × ? Müller", 65001: "✓ 证书 ✗ 𠮷 Müller"}
    assert words == expected.get(code_page(), "+ ?? × ? Müller")
    assert "name" in value
    assert value.isascii() or code_page() in (936, 65001)


def path():
    """Return what lets an isolated interpreter find this checkout."""
    return f"import sys; sys.path.append({str(Path.cwd())!r})\n"
