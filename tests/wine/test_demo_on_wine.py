"""The demo and the commands on a Windows in each language: everything but a window."""

from __future__ import annotations

import shutil
import sys

import pytest
from machine import Language
from parts import ROOT
from softhsm import softhsm

sys.path.append(str(ROOT / "installer"))


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


def encoding_of(windows):
    return "gbk" if language_of(windows) is Language.CHINESE else "cp1252"


def test_the_whole_renewal(token):
    done = token.run(token.python, "-m", "sandbox", "demo", "--no-desktop")
    said = done.stdout.decode(encoding_of(token))
    assert done.returncode == 0, said + done.stderr.decode(encoding_of(token), "replace")
    assert ENDED[language_of(token)] in said
