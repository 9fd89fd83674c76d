"""The agent always starts: what of the files cannot be used is said, and never half applied."""

from __future__ import annotations

import pytest

from agent.ground.language import Language
from agent.settings.config import Config
from agent.settings.errors import SettingLockedError
from agent.settings.keys import DEFAULTS, POLICY_ONLY, TITLES, line_of, value_in
from agent.settings.reading import Source, load
from agent.settings.service import Settings

GOOD = 'language = "en"\n[reminders]\nthresholds = [60, 7]\n'


def problem(paths):
    """The only thing that is wrong, which names its file in both languages."""
    [report] = load(paths).problems
    for message in (report.message, report.message_zh):
        assert str(report.details["file"]) in message
    assert report.message != report.message_zh
    return report


def test_without_files_everything_is_as_it_comes(paths):
    loaded = load(paths)
    assert loaded.config == Config()
    assert set(loaded.sources.values()) == {Source.DEFAULT}
    assert loaded.problems == ()


def test_every_key_says_who_set_it(paths):
    paths.config_file.write_text(GOOD)
    paths.policy_file.write_text('[reminders]\nquiet_hours = "22:00-08:00"\n')
    sources = load(paths).sources
    assert sources["language"] is Source.USER
    assert sources["reminders.thresholds"] is Source.USER
    assert sources["reminders.quiet_hours"] is Source.POLICY
    assert sources["reminders.notifications"] is Source.DEFAULT


@pytest.mark.parametrize("key", sorted(POLICY_ONLY))
def test_what_is_the_administrators_counts_in_the_policy_alone(paths, key):
    table, _, name = key.partition(".")
    text = f'[{table}]\n{name} = ["https://a.example"]\n'
    default = value_in(load(paths).config, key)
    paths.config_file.write_text(f'language = "en"\n{text}')
    loaded = load(paths)
    assert value_in(loaded.config, key) == default
    assert loaded.config.language is Language.EN, "the rest of the file holds"
    assert loaded.sources[key] is Source.DEFAULT
    assert loaded.is_user_file_good
    report = problem(paths)
    assert report.code == "policy_only_key"
    assert "Line 3" in report.message
    paths.policy_file.write_text(text.replace("a.example", "b.example"))
    loaded = load(paths)
    assert value_in(loaded.config, key) == ("https://b.example",)
    assert loaded.sources[key] is Source.POLICY


def test_nobody_but_the_administrator_sets_it(paths):
    settings = Settings(paths)
    for key in POLICY_ONLY:
        with pytest.raises(SettingLockedError):
            settings.set(key, ["https://a.example"])
    assert not paths.config_file.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("language = \n", "line 1"),
        ("[reminders]\nthresholds = [60, 7]\nlangauge = 'en'", "at line 3"),
        ("poll_seconds = 1\nlanguage = 'fr'", "at line 2"),
        ('[reminders]\nquiet_hours = "nachts"', "at line 2"),
        ("\udcff", "UTF-8"),
    ],
)
def test_of_a_broken_file_the_last_good_one_is_used_as_a_whole(paths, text, reason):
    paths.config_file.write_text(GOOD)
    good = load(paths).config
    paths.config_file.write_bytes(text.encode("utf-8", "surrogateescape"))
    loaded = load(paths)
    assert loaded.config == good
    assert not loaded.is_user_file_good
    report = problem(paths)
    assert report.code == "config_not_used"
    assert reason in report.message


def test_without_a_good_one_nothing_of_a_broken_file_is_used(paths):
    paths.config_file.write_text('language = "en"\n[reminders]\nthreshold = [1]\n')
    assert load(paths).config == Config()
    assert problem(paths).code == "config_ignored"


def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(paths):
    paths.config_file.write_text(GOOD)
    good = load(paths).config
    paths.config_file.unlink()
    paths.config_file.mkdir()
    assert load(paths).config == good
    assert problem(paths).code == "config_not_used"


def test_a_file_that_is_mended_counts_again(paths):
    paths.config_file.write_text("nonsense")
    assert load(paths).problems
    paths.config_file.write_text(GOOD)
    loaded = load(paths)
    assert (loaded.config.language, loaded.problems) == (Language.EN, ())


def test_a_file_that_was_taken_away_is_no_broken_one(paths):
    paths.config_file.write_text(GOOD)
    load(paths)
    paths.config_file.unlink()
    assert load(paths).config == Config()


def test_relative_paths_of_the_last_good_one_lead_where_they_did(paths):
    paths.config_file.write_text('trust_store = "roots"\n')
    load(paths)
    paths.config_file.write_text("nonsense")
    assert load(paths).config.trust_store == paths.config / "roots"


@pytest.mark.parametrize(
    ("wrong", "code", "key", "line"),
    [
        ("langauge = 'en'", "policy_key_unknown", "langauge", 2),
        ("colour = 'red'", "policy_key_unknown", "colour", 2),
        ("language = 5", "policy_key_invalid", "language", 2),
        ("[reminders]\nthreshold = [1]", "policy_key_unknown", "reminders.threshold", 3),
        ("[reminders]\nquiet_hours = 'nachts'", "policy_key_invalid", "reminders.quiet_hours", 3),
        ("reminders.notifications = 'no'", "policy_key_invalid", "reminders.notifications", 2),
    ],
)
def test_a_wrong_key_of_the_policy_is_named_with_its_line_and_the_others_hold(
    paths, wrong, code, key, line
):
    paths.policy_file.write_text(f"poll_seconds = 7\n{wrong}\n")
    loaded = load(paths)
    assert loaded.config.poll_seconds == 7
    report = problem(paths)
    assert (report.code, report.details["key"], report.details["line"]) == (code, key, line)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("poll_second", "poll_seconds"), ("browser.alow", "browser.allow"), ("colour", None)],
)
def test_a_misspelt_key_of_the_policy_is_told_what_is_meant(paths, typed, meant):
    paths.policy_file.write_text(f"{typed} = 1\n")
    asked = f"Is {meant} meant?"
    assert (asked in problem(paths).message) is (meant is not None)


def test_a_wrong_key_of_the_policy_is_its_default_and_not_the_users(paths):
    paths.config_file.write_text(GOOD)
    paths.policy_file.write_text("language = 5\n")
    loaded = load(paths)
    assert loaded.config.language is None
    assert loaded.config.reminders.thresholds == (60, 7)
    assert loaded.sources["language"] is Source.POLICY


AUTHORITY = (
    '[[authority]]\nname = "{name}"\nissuers = ["CN=A"]\nurl = "{url}"\ntrust_anchor = "a"\n'
)


def test_of_several_authorities_of_the_policy_only_the_wrong_one_is_left_out(paths):
    paths.policy_file.write_text(
        AUTHORITY.format(name="good", url="https://a.example")
        + AUTHORITY.format(name="bad", url="http://b.example")
    )
    loaded = load(paths)
    assert [authority.name for authority in loaded.config.authorities] == ["good"]
    report = problem(paths)
    assert report.code == "policy_entry_invalid"
    assert (report.details["key"], report.details["line"]) == ("authority", 6)


def test_a_policy_that_is_not_toml_leaves_the_last_good_one_in_force(paths):
    paths.policy_file.write_text('[browser]\nallow = ["https://a.example"]\n')
    load(paths)
    paths.policy_file.write_text("[browser\n")
    loaded = load(paths)
    assert loaded.config.browser.allow == ("https://a.example",)
    assert loaded.sources["browser.allow"] is Source.POLICY
    assert "line 1" in problem(paths).message


def test_lines_of_the_last_good_policy_are_not_told_as_those_of_the_broken_one(paths):
    paths.policy_file.write_text("language = 5\npoll_seconds = 7\n")
    assert problem(paths).details["key"] == "language"
    paths.policy_file.write_text("[browser\n")
    assert problem(paths).code == "config_not_used"
    assert load(paths).config.poll_seconds == 7


def test_every_key_has_a_title():
    assert TITLES.keys() == DEFAULTS.keys()


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("# language = 1\nlanguage = 2", "language", 2),
        ("[a]\nlanguage = 1", "language", 0),
        ("[a]\nthresholds=1\n[reminders]\n'thresholds' = 1", "reminders.thresholds", 4),
        ("\nreminders.thresholds = [1]", "reminders.thresholds", 2),
        ("[[module]]\npath = 'a'", "module", 1),
        ("[reminders]\n", "reminders", 1),
    ],
)
def test_a_key_is_found_where_it_stands(text, key, line):
    assert line_of(text, key) == line
