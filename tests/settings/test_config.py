"""Configuration: typed, under the administrator's policy, never half applied."""

from __future__ import annotations

import pytest

from agent.ground.language import Language
from agent.settings.config import Config, ConfigError, load_config
from agent.system.paths import Paths, find_paths
from agent.tokens.discovery import ConfiguredModule

AUTHORITY = """
[[authority]]
name = "netca"
issuers = ["CN=CA,C=CN"]
url = "{url}"
trust_anchor = "{anchor}"
"""


@pytest.fixture
def paths(tmp_path) -> Paths:
    """User and administrator have folders of their own."""
    for name in ("user", "admin"):
        (tmp_path / name).mkdir()
    user, admin = tmp_path / "user", tmp_path / "admin"
    return Paths(config=user, data=user / "data", logs=user / "logs", policy=admin)


def user_writes(paths: Paths, text: str) -> None:
    paths.config_file.write_text(text, "utf-8")


def administrator_writes(paths: Paths, text: str) -> None:
    paths.policy_file.write_text(text, "utf-8")


def test_without_files_everything_is_as_it_comes(paths):
    config = load_config(paths)
    assert config == Config()
    assert config.reminders.thresholds == (90, 60, 30, 15, 7, 3, 1)
    assert config.modules is None


def test_what_is_written_is_read(paths):
    user_writes(
        paths,
        'language = "en"\npoll_seconds = 0.5\n[reminders]\nthresholds = [10, 5]\n'
        '[browser]\nallow = ["https://*.gov.cn"]\n'
        '[[module]]\npath = "/a.so"\nenvironment = { SOFTHSM2_CONF = "/c" }\n',
    )
    config = load_config(paths)
    assert config.language is Language.EN
    assert config.poll_seconds == 0.5
    assert config.reminders.thresholds == (10, 5)
    assert config.browser.allow == ("https://*.gov.cn",)
    assert config.modules == (ConfiguredModule(path="/a.so", environment={"SOFTHSM2_CONF": "/c"}),)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("langauge = 'en'", "langauge"),
        ("[reminders]\nthreshold = [1]", "threshold"),
        ("[reminders]\nthresholds = [-1]", "reminders.thresholds"),
        ("[reminders]\nthresholds = 'often'", "reminders.thresholds"),
        ("language = 'fr'", "language"),
        ("poll_seconds = 0", "poll_seconds"),
        ("[[authority]]\nname = 'x'", "issuers"),
        (AUTHORITY.format(url="https://a", anchor="a.pem") + "profile = 'scep'", "profile"),
        ("[[module]]\nenvironment = {}", "path"),
        pytest.param(
            "[[module]]\npath = '/a.so'\nenviroment = {}",
            "enviroment",
        ),
    ],
)
def test_a_key_that_is_unknown_or_wrong_is_named_with_its_file(paths, text, named):
    user_writes(paths, text)
    with pytest.raises(ConfigError) as caught:
        load_config(paths)
    assert caught.value.code == "config_invalid"
    for message in (caught.value.text(Language.EN), caught.value.text(Language.ZH)):
        assert named in message
        assert str(paths.config_file) in message


@pytest.mark.parametrize("content", [b"language = ", b"\xff\xff", b"a = 1\na = 2"])
def test_a_file_that_is_not_toml_is_named(paths, content):
    paths.config_file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(paths)


def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(paths):
    paths.config_file.mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(paths)


def test_an_error_in_the_policy_names_the_policy(paths):
    administrator_writes(paths, "langauge = 'en'")
    with pytest.raises(ConfigError, match=r"policy\.toml"):
        load_config(paths)


def test_the_policy_wins_key_by_key(paths):
    user_writes(paths, 'language = "en"\n[reminders]\nthresholds = [5]\nnotifications = false\n')
    administrator_writes(paths, 'language = "zh_CN"\n[reminders]\nnotifications = true\n')
    config = load_config(paths)
    assert config.language is Language.ZH
    assert config.reminders.notifications is True
    assert config.reminders.thresholds == (5,)


def test_the_policys_list_replaces_the_users(paths):
    user_writes(paths, '[browser]\nallow = ["*"]\n')
    administrator_writes(paths, '[browser]\nallow = ["https://www.gov.cn"]\n')
    assert load_config(paths).browser.allow == ("https://www.gov.cn",)


def test_a_relative_path_is_relative_to_the_users_file(paths):
    user_writes(paths, AUTHORITY.format(url="https://ca.example", anchor="anchors/root.pem"))
    [authority] = load_config(paths).authorities
    assert authority.trust_anchor == paths.config / "anchors/root.pem"


def test_an_absolute_path_is_taken_as_it_is(paths):
    anchor = (paths.data / "root.pem").absolute()
    user_writes(paths, AUTHORITY.format(url="https://ca.example", anchor=anchor.as_posix()))
    assert load_config(paths).authorities[0].trust_anchor == anchor


def test_a_relative_path_in_the_policy_is_relative_to_the_policy(paths):
    administrator_writes(paths, AUTHORITY.format(url="https://ca.example", anchor="root.pem"))
    assert load_config(paths).authorities[0].trust_anchor == paths.policy / "root.pem"


@pytest.mark.parametrize("url", ["http://ca.example", "ftp://ca.example", "ca.example", ""])
def test_an_authority_is_reached_over_https_only(paths, url):
    user_writes(paths, AUTHORITY.format(url=url, anchor="root.pem"))
    with pytest.raises(ConfigError, match="url"):
        load_config(paths)


@pytest.mark.parametrize("label", ["a b", "a/b", "ra\\n"])
def test_an_authority_has_a_label_that_fits_into_a_path(paths, label):
    text = AUTHORITY.format(url="https://ca.example", anchor="root.pem")
    user_writes(paths, f'{text}\nlabel = "{label}"\n')
    with pytest.raises(ConfigError, match="label"):
        load_config(paths)


def test_one_folder_holds_everything_of_a_home(monkeypatch, tmp_path):
    monkeypatch.setenv("ODC_HOME", str(tmp_path))
    paths = find_paths()
    named = [paths.config_file, paths.policy_file, paths.journal, paths.reminders, paths.dossiers]
    assert all(tmp_path in path.parents for path in [*named, paths.lock, paths.logs])


def test_without_a_home_policy_and_configuration_are_apart(monkeypatch):
    monkeypatch.delenv("ODC_HOME", raising=False)
    paths = find_paths()
    assert paths.config != paths.policy
