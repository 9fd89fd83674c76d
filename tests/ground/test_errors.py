"""Errors people meet: a stable code, a sentence in both languages, and what to do next."""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import re
import string
from collections import Counter

import msgspec
import pytest

import agent
from agent.ground.errors import InvalidInputError, OdcError, reason_of
from agent.ground.language import Language, look_up
from agent.ground.reports import ErrorReport, ReportedError
from agent.tokens.errors import PinIncorrectError, PinLockedError
from agent.tokens.model import PinState

_NOT_IMPORTABLE = {"agent.desktop.tray"}
"""It needs a display, and defines no error."""


def error_types() -> list[type[OdcError]]:
    """Return every error of the agent; all its modules are imported to find them."""
    for module in pkgutil.walk_packages(agent.__path__, "agent."):
        if not module.name.endswith("__main__") and module.name not in _NOT_IMPORTABLE:
            importlib.import_module(module.name)
    found, new = set(), {OdcError}
    while new:
        found |= new
        new = {sub for kind in new for sub in kind.__subclasses__()} - found
    return sorted(
        (kind for kind in found if kind.__module__.startswith("agent.")), key=lambda k: k.__name__
    )


ERRORS = error_types()


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_is_said_in_chinese_with_the_same_facts(kind):
    for sentence in filter(None, (kind.sentence, kind.advice)):
        chinese = look_up(sentence, Language.ZH)
        assert chinese != sentence
        assert placeholders(chinese) == placeholders(sentence)


def test_codes_are_stable_names_and_name_one_error_each():
    own = [kind.code for kind in ERRORS if "code" in vars(kind) and isinstance(kind.code, str)]
    assert not [code for code, count in Counter(own).items() if count > 1]
    assert all(re.fullmatch("[a-z][a-z0-9_]*", code) for code in own)
    assert len(own) > 30


def test_a_report_has_both_languages_and_the_advice():
    report = PinLockedError().report()
    assert (report.code, report.message, report.message_zh) == (
        "pin_locked",
        "The PIN is locked.",
        "密码已被锁定。",
    )
    assert report.advice
    assert report.advice_zh != report.advice


def test_a_reason_of_ours_is_translated_and_a_strangers_is_not():
    ours = OdcError(reason="it is for another key")
    assert "it is for another key" in ours.text(Language.EN)
    assert "it is for another key" not in ours.text(Language.ZH)
    assert "errno 5 {x}" in OdcError(reason="errno 5 {x}").text(Language.ZH)


@pytest.mark.parametrize(
    "units", [(0xDCFF,), (0xD800,), (0x61, 0xDFFF), (0xDCD3, 0xDCC3), (0xD83D, 0xDE00)]
)
def test_a_path_that_is_no_text_is_reported_all_the_same(units):
    odd = "".join(map(chr, units))
    report = OdcError(reason=f"样例{odd}: no such file", path=odd, number=3).report()
    assert msgspec.json.decode(msgspec.json.encode(report), type=ErrorReport) == report
    assert report.message_zh.endswith(": no such file")
    assert "\N{REPLACEMENT CHARACTER}" in report.message
    assert report.details["number"] == 3


def test_an_error_says_itself_in_english():
    assert str(InvalidInputError(what="x", reason="y")) == "x is not valid: y"


def test_an_error_crosses_processes_unchanged():
    sent = PinIncorrectError(pin_state=PinState.FINAL_TRY)
    wire = msgspec.json.encode(sent.report())
    arrived = ReportedError(msgspec.json.decode(wire, type=ErrorReport))
    assert arrived.code == "pin_incorrect"
    for language in Language:
        assert arrived.text(language) == sent.text(language)
        assert arrived.advice_text(language) == sent.advice_text(language)
    assert arrived.report() == sent.report()
    assert arrived.values == {"pin_state": "final_try", "tries_left": None}


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (PinState.FINAL_TRY, "再输错一次密码将被锁定"),
        (PinState.COUNT_LOW, "不提供剩余重试次数"),
        (PinState.OK, ""),
    ],
)
def test_a_wrong_pin_says_what_is_known_of_the_tries(state, told):
    text = PinIncorrectError(pin_state=state).text(Language.ZH)
    assert text.startswith("密码错误")
    assert told in text


@pytest.mark.parametrize(
    "number",
    [errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST,
     errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT, errno.ENAMETOOLONG],
)  # fmt: skip
def test_what_the_system_gives_as_a_reason_is_said_in_the_sentences_language(number):
    error = InvalidInputError(
        what="资料", reason=reason_of(OSError(number, os.strerror(number), "papers"))
    )
    assert os.strerror(number) in error.text(Language.EN)
    assert not re.search("[A-Za-z]", error.text(Language.ZH))


def test_a_reason_without_words_of_the_system_is_the_errors_own():
    assert reason_of(OSError("what it says")) == "what it says"
    assert reason_of(ValueError("what it says")) == "what it says"
    assert reason_of(ValueError()) == "ValueError"
