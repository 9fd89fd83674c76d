"""The demo and the commands on a Windows in each language: everything but a window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from machine import Language
from softhsm import softhsm

pytestmark = pytest.mark.wine

ENDED = {
    Language.ENGLISH: "Your new certificate has been installed!",
    Language.CHINESE: "您的新证书已安装成功!",
}


@pytest.fixture(scope="module")
def token(windows):
    """Windows with SoftHSM where its makers install it."""
    shutil.copytree(softhsm(), windows.drive / "SoftHSM2" / "lib")
    return windows


def language_of(windows):
    return Language(windows.environment["LANG"])


def test_the_whole_renewal(token):
    # In a folder of its own: that of the checkout belongs to whoever runs a demo there.
    done = token.run(token.python, "-m", "sandbox", "demo", "--no-desktop", cwd=token.drive)
    said = done.stdout.decode(token.encoding)
    assert done.returncode == 0, said + done.stderr.decode(token.encoding, "replace")
    assert ENDED[language_of(token)] in said


def test_every_command_speaks_into_a_pipe(token):
    """Windows' code page has not every character; a command says what it can, and never fails of it."""
    script, home = Path(__file__).with_name("commands_there.py"), token.path(token.drive / "desk")
    done = token.run(
        token.python, token.path(script), home, env={"ODC_HOME": home, "ODC_NO_START": "1"}
    )
    said = done.stdout.decode(token.encoding)
    assert done.returncode == 0, done.stderr.decode(token.encoding, "replace")
    codes = json.loads(said.rpartition("\n")[2])
    assert {words: code for words, code in codes.items() if code and words.endswith("--help")} == {}
    assert {words: code for words, code in codes.items() if code not in (0, 1)} == {}
    if language_of(token) is Language.CHINESE:
        assert "深圳市样例有限公司" in said
