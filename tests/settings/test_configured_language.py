"""Commands speak the configured language without asking the agent, or reading anything else."""

from __future__ import annotations

import pytest

from agent.ground.language import Language
from agent.settings.language import configured_language


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
def test_the_policy_comes_before_the_users_file(paths, policy, user, language):
    paths.policy_file.write_text(policy)
    paths.config_file.write_text(user)
    assert configured_language(paths) is language


def test_without_files_there_is_none(paths):
    assert configured_language(paths) is None
