"""The policy of all users lies where every user may make files: whose it is counts."""

from __future__ import annotations

import pytest

from agent.settings import rollout
from agent.settings.config import ConfigError, load_config
from agent.settings.reading import load
from agent.system import owners
from agent.system.paths import Paths
from agent.system.pipes.identities import own_sid
from agent.tokens.discovery.well_known import read_tables

STRANGER = "S-1-5-21-1-2-3-1001"


@pytest.fixture
def paths(tmp_path):
    """Of a user, with a policy for all of them."""
    policy = tmp_path / "ProgramData" / "odc-agent"
    policy.mkdir(parents=True)
    (policy / "policy.toml").write_text("[updates]\nenabled = false\n")
    return Paths(config=tmp_path / "own", data=tmp_path / "own", logs=tmp_path, policy=policy)


@pytest.fixture
def foreign(monkeypatch):
    """What Windows says of an owner of these files is another user."""
    files = set()
    original = owners.owner_of
    monkeypatch.setattr(
        owners, "owner_of", lambda path: STRANGER if path in files else original(path)
    )
    return files


def test_a_file_of_ours_is_ours(paths):
    assert owners.owner_of(paths.policy_file) == own_sid()
    assert not owners.is_strangers(paths.policy_file)


def test_what_is_not_there_is_not_found(paths):
    with pytest.raises(FileNotFoundError):
        owners.owner_of(paths.policy / "none")


def test_a_policy_of_an_administrators_counts(paths):
    assert not load_config(paths).updates.enabled


@pytest.mark.parametrize("whose", ["policy_file", "policy"])
def test_a_policy_of_another_user_does_not(paths, foreign, whose):
    foreign.add(getattr(paths, whose))
    with pytest.raises(ConfigError) as caught:
        load_config(paths)
    assert "其他用户" in caught.value.report().message_zh
    loaded = load(paths)
    assert loaded.config.updates.enabled
    assert [problem.code for problem in loaded.problems] == ["config_ignored"]


def test_nor_does_a_table_of_libraries(paths, foreign):
    table = paths.policy / "modules.d" / "more.toml"
    table.parent.mkdir()
    table.write_text('[[module]]\nname = "x"\nwin32 = ["C:/x.dll"]\n')
    foreign.add(table)
    entries, problems = read_tables([table.parent])
    assert "x" not in [entry.name for entry in entries]
    assert len(problems) == 1


def test_an_installer_lays_a_users_folder_aside(tmp_path, paths, foreign, monkeypatch):
    monkeypatch.setattr(rollout, "is_strangers", lambda path: path in foreign)
    foreign.add(paths.policy)
    source = tmp_path / "policy.toml"
    source.write_text("[updates]\nenabled = true\n")
    rollout.write(paths.policy_file, [source])
    foreign.clear()
    assert load_config(paths).updates.enabled
    [aside] = paths.policy.parent.glob(f"*{rollout.LAID_ASIDE}")
    assert (aside / "policy.toml").read_text().startswith("[updates]")


@pytest.mark.parametrize("whose", ["policy_file", "policy"])
def test_an_installer_removes_nothing_that_a_users_policy_names(paths, foreign, monkeypatch, whose):
    monkeypatch.setattr(rollout, "is_strangers", lambda path: path in foreign)
    foreign.add(getattr(paths, whose))
    named = paths.policy / "store"
    named.mkdir()
    paths.policy_file.write_text(f'{rollout.MARK}\ntrust_store = "store"\n')
    rollout.remove(paths.policy_file)
    assert named.exists()
    assert paths.policy_file.exists()
