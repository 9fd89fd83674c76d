"""Commands speak the configured language without asking the agent, or reading anything else."""

from __future__ import annotations

import pytest

from agent.ground.language import Language
from agent.settings.language import configured_language
from agent.system.paths import Paths


@pytest.fixture
def found(paths, monkeypatch) -> Paths:
    """Folders apart, as where no ODC_HOME is set."""
    for name in ("config_file", "policy_file"):
        file = str(getattr(paths, name))
        monkeypatch.setattr(f"agent.settings.language.{name}", lambda _file=file: _file)
    return paths


@pytest.mark.parametrize(
    ("policy", "user", "language"),
    [
        ("", "", None),
        ("", 'language = "en"', Language.EN),
        ('language = "zh_CN"', 'language = "en"', Language.ZH),
        ("poll_seconds = 1", 'language = "en"', Language.EN),
        ("", "language = 7", None),
        ("", 'language = "fr"', None),
        ("no TOML", 'language = "zh_CN"', Language.ZH),
        ("", "no TOML", None),
    ],
)
def test_the_policy_comes_before_the_users_file(found, policy, user, language):
    found.policy_file.write_text(policy)
    found.config_file.write_text(user)
    assert configured_language() is language


def test_without_files_there_is_none(found):
    assert configured_language() is None
