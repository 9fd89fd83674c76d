"""Two languages: Chinese first, English complete."""

from __future__ import annotations

import locale
import re
from pathlib import Path

import pytest

from agent.ground.language import (
    CATALOGUES,
    Language,
    look_up,
    speak,
    translate,
    translate_count,
    user_language,
    windows_language,
)

VARIABLES = ("ODC_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.EN),
        ({"LANG": ""}, Language.EN),
        ({"LANG": "C"}, Language.EN),
        ({"LANG": "POSIX"}, Language.EN),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, Language.EN),
        ({"LC_MESSAGES": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, Language.EN),
        ({"LC_ALL": "zh_CN.GBK", "LANG": "C"}, Language.ZH),
        ({"LANG": "zh_TW.Big5"}, Language.ZH),
        ({"LANG": "en"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "C.UTF-8"}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.ZH),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, Language.EN),
        ({"LC_ALL": "", "LANG": "en_US.UTF-8"}, Language.EN),
        ({"LC_ALL": "zh_CN.UTF-8", "ODC_LANGUAGE": "en"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "ODC_LANGUAGE": "zh_CN"}, Language.ZH),
    ],
)
def test_the_language_is_the_desktops_and_chinese_where_it_is_not_english(
    monkeypatch, environment, language
):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert user_language() is language


@pytest.mark.parametrize(
    ("own", "language"),
    [("zh_CN", Language.ZH), ("en_US", Language.EN), ("de_DE", Language.ZH), (None, Language.ZH)],
)
def test_on_macos_its_own_setting_counts(monkeypatch, own, language):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("locale.getlocale", lambda: (own, None))
    assert user_language() is language


@pytest.mark.parametrize(("identifier", "name"), sorted(locale.windows_locale.items()))
def test_on_windows_the_language_of_its_menus_counts(monkeypatch, identifier, name):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("agent.ground.language._systems_own", lambda: windows_language(identifier))
    is_english = name.startswith("en_")
    assert user_language() is (Language.EN if is_english else Language.ZH)
    assert windows_language(identifier) == {"en": "en", "zh": "zh"}.get(name[:2], "")


def test_what_is_configured_comes_before_all(monkeypatch):
    monkeypatch.setenv("ODC_LANGUAGE", "zh_CN")
    try:
        speak(Language.EN)
        assert user_language() is Language.EN
    finally:
        speak(None)
    assert user_language() is Language.ZH


def test_no_english_sentence_has_chinese_in_it():
    catalogue = (Path(CATALOGUES) / "zh_CN/LC_MESSAGES/odc-agent.po").read_text("utf-8")
    english = re.findall(r"^msgid (?:.|\n(?!msgstr))*", catalogue, re.MULTILINE)
    assert english
    assert [each for each in english if re.search("[\u3000-\u303f\u4e00-\u9fff]", each)] == []


def test_english_is_what_stands_in_the_code():
    assert translate("expired today", Language.EN) == "expired today"


def test_chinese_is_what_stands_in_the_catalogue():
    assert translate("expired today", Language.ZH) == "今天已过期"


@pytest.mark.parametrize("language", Language)
def test_values_take_their_places_and_are_not_read_themselves(language):
    text = translate("There is no renewal {id}.", language, id="{evil}")
    assert "{evil}" in text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 days left"), (1, "1 day left"), (2, "2 days left")]
)
def test_english_has_singular_and_plural(count, text):
    assert translate_count("{count} day left", "{count} days left", count, Language.EN) == text


@pytest.mark.parametrize("count", [0, 1, 2, 961])
def test_chinese_has_one_form(count):
    text = translate_count("{count} day left", "{count} days left", count, Language.ZH)
    assert text == f"还有{count}天到期"


@pytest.mark.parametrize("language", Language)
def test_a_sentence_nobody_has_translated_stays_as_it_is(language):
    assert look_up("CKR_VENDOR_DEFINED 0x80000001", language) == "CKR_VENDOR_DEFINED 0x80000001"
    assert look_up("", language) == ""
